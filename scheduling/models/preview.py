"""What a change of an order would do: asked, answered once by a worker, kept."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from factory.models import Order, OrderChange
from scheduling.models.publication import Publication


class ChangePreviewQuerySet(models.QuerySet["ChangePreview"]):
    """Reads of previews; moments are the database's own."""

    def to_send(self, *, again_after: timedelta) -> "ChangePreviewQuerySet":
        """Return previews nobody works on and no fresh message names, oldest first."""
        return self.filter(
            Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - again_after),
            Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now()),
            state=ChangePreview.State.REQUESTED,
        ).order_by("id")


class ChangePreview(models.Model):
    """One look ahead at one change of an order, on the plan in force then.

    ``wish`` holds the change in the API's own words. ``firm`` is what it comes to with
    every promise kept, ``eased`` if some move and that is earlier: ``{ships_on,
    moved_racks, late_cents, moved_cents, broken_cents, touched: [{order, customer,
    owner, promised, planned}]}``; both are empty until answered, or where nothing is
    found. A preview without ``change`` is a dry run.
    """

    class State(models.TextChoices):
        """Life of a preview."""

        REQUESTED = "requested", "Requested"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"

    MAX_ATTEMPTS = 3

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    change = models.ForeignKey(OrderChange, models.PROTECT, null=True, related_name="+")
    wish = models.JSONField()
    actor = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    order_version = models.PositiveIntegerField(default=0)
    racks = models.PositiveIntegerField(default=0)
    unaffected_racks = models.PositiveIntegerField(default=0)
    ships_on = models.DateField(null=True)
    bound_on = models.DateField(null=True)
    firm = models.JSONField(default=dict)
    eased = models.JSONField(default=dict)
    sentence = models.CharField(max_length=300, blank=True, default="")

    objects = ChangePreviewQuerySet.as_manager()

    class Meta:
        """An answer has a moment; no date beats physics."""

        constraints = [
            models.CheckConstraint(
                condition=Q(state="requested", answered_at__isnull=True)
                | Q(state__in=["answered", "failed"], answered_at__isnull=False),
                name="change_preview_ended_iff_answered_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(sentence=""),
                name="change_preview_failed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(ships_on__isnull=True)
                | Q(bound_on__isnull=True)
                | Q(bound_on__lte=F("ships_on")),
                name="change_preview_date_not_before_bound",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=3), name="change_preview_three_attempts"
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"preview {self.pk}"
