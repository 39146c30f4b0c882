"""What the grid asks for: windows in which the site may import less."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import Site


class GridEvent(models.Model):
    """A curtailment: a cap on the whole import of a site for a time, in watts."""

    class State(models.TextChoices):
        """Life of a grid event."""

        ANNOUNCED = "announced", "Announced"
        CANCELLED = "cancelled", "Cancelled"
        ENDED = "ended", "Ended"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    external_id = models.CharField(max_length=80, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cap_w = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    is_emergency = models.BooleanField(default=False)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """It ends; each external id is known once a site."""

        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="grid_event_start_before_end",
            ),
            models.UniqueConstraint(
                fields=["site", "external_id"],
                condition=~Q(external_id=""),
                name="grid_event_external_id_unique",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
