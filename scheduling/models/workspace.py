"""What a person keeps of the workspace: causes put off, views saved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import Site


class Snooze(models.Model):
    """One cause in a site's inbox, put off until a moment for everybody.

    ``messages`` is how many it had then: with more it comes back before.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=120)
    messages = models.PositiveIntegerField(default=1)
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One row a site and cause; it ends after it begins."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "cause"], name="snooze_once_a_cause"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=models.F("at")), name="snooze_has_a_span"
            ),
            models.CheckConstraint(condition=~Q(cause=""), name="snooze_names_a_cause"),
        ]

    def __str__(self) -> str:
        """Return the cause."""
        return self.cause


class SavedView(models.Model):
    """An address with its whole view, under a name; shared with the site or not."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=1_000)
    is_shared = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """A person's names differ; an address is one of this site's pages."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "owner", "name"], name="saved_view_name_unique"
            ),
            models.CheckConstraint(
                condition=Q(address__startswith="/"), name="saved_view_is_a_page"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
