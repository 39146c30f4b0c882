"""What a run starts from: live data, or live data with adjustments."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import Site


class Scenario(models.Model):
    """Live data of a site (base), or a list of typed adjustments over it."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    is_base = models.BooleanField(default=False)
    adjustments = models.JSONField(default=list)
    event_seq = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One base a site."""

        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=Q(is_base=True), name="scenario_one_base"
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
