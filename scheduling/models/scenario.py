"""What a run starts from: live data, or live data with adjustments."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import Site


class Scenario(models.Model):
    """Live data of a site (base), or a list of typed adjustments over it.

    ``arrivals`` says which day of a promised delivery its plans count on;
    ``changed_at`` when what it assumes was last changed, so that an older plan of it
    can say so. ``event_seq`` is the newest event when it was made.
    """

    class Arrivals(models.TextChoices):
        """When a promised delivery that has not left is taken to come."""

        PROMISED = "promised", "Promised dates"
        P50 = "p50", "P50 arrivals"
        P80 = "p80", "P80 arrivals"
        P95 = "p95", "P95 arrivals"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    is_base = models.BooleanField(default=False)
    adjustments = models.JSONField(default=list)
    arrivals = models.CharField(
        max_length=10, choices=Arrivals, default=Arrivals.PROMISED
    )
    event_seq = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        """One base a site, which is never put away."""

        constraints = [
            models.CheckConstraint(
                condition=Q(arrivals__in=["promised", "p50", "p80", "p95"]),
                name="scenario_arrivals_known",
            ),
            models.UniqueConstraint(
                fields=["site"], condition=Q(is_base=True), name="scenario_one_base"
            ),
            models.CheckConstraint(
                condition=Q(is_base=False) | Q(archived_at__isnull=True),
                name="scenario_base_not_archived",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def arrival_level(self) -> int | None:
        """Return the level its plans count on; None for the promised dates."""
        if self.arrivals == self.Arrivals.PROMISED:
            return None
        return int(self.arrivals.removeprefix("p"))
