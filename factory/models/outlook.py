"""How many racks are expected, quarter by quarter, before anybody has ordered them."""

from django.db import models
from django.db.models import Q

from factory.models.routing import RackModel
from factory.models.site import Site


class DemandOutlook(models.Model):
    """Racks of one model that a site expects to be asked for in one quarter.

    ``starts_on`` is the quarter's first day. Orders on file count towards it: it says
    how many in all.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="outlook")
    rack_model = models.ForeignKey(RackModel, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    racks = models.PositiveIntegerField()

    class Meta:
        """One number a site, model and quarter."""

        ordering = ["starts_on", "rack_model"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "rack_model", "starts_on"],
                name="demand_outlook_unique",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__month__in=[1, 4, 7, 10], starts_on__day=1),
                name="demand_outlook_starts_a_quarter",
            ),
        ]

    def __str__(self) -> str:
        """Return racks and quarter."""
        return f"{self.racks} from {self.starts_on}"
