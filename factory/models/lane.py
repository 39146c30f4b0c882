"""The way between two sites, for orders that are built at another than their own."""

from django.db import models
from django.db.models import F, Q

from factory.models.site import Site


class SiteLane(models.Model):
    """Racks built at ``target`` reach where ``origin`` would ship from after a time."""

    origin = models.ForeignKey(Site, models.PROTECT, related_name="lanes")
    target = models.ForeignKey(Site, models.PROTECT, related_name="+")
    transit_min = models.PositiveIntegerField()
    owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """One lane a pair, to another site."""

        constraints = [
            models.UniqueConstraint(
                fields=["origin", "target"], name="site_lane_unique"
            ),
            models.CheckConstraint(
                condition=~Q(origin=F("target")), name="site_lane_leads_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        """Return both ends."""
        return f"{self.origin_id} → {self.target_id}"
