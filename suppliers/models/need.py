"""How much hangs on a line: scheduling writes it at publication, portals read it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.tenant import TenantManager


class LineNeed(models.Model):
    """What the published plan needs from one purchase-order line.

    ``racks`` use pieces of it, ``blocked_racks`` have no slack left on it.
    ``wait_rack_min`` is the sum, over racks, of the minutes for which they wait for it.
    ``slack_min`` is how many minutes the earliest need lies after the promise; negative
    when late. ``by_rack`` is a list of (serial, last dock date that leaves its start
    where it is, minutes it waits for these pieces, pieces), the first to start first;
    it is written with the row and never changed. ``received_before`` is what had been
    received then: what came since is in the house for these racks.
    """

    line = models.OneToOneField(PurchaseOrderLine, models.CASCADE, related_name="need")
    racks = models.PositiveIntegerField()
    blocked_racks = models.PositiveIntegerField(default=0)
    serials = models.JSONField(default=list)
    blocked_serials = models.JSONField(default=list)
    wait_rack_min = models.PositiveBigIntegerField(default=0)
    needed_by = models.DateField()
    slack_min = models.IntegerField()
    by_rack = models.JSONField(default=list)
    received_before = models.PositiveIntegerField(default=0)
    publication = models.CharField(max_length=20)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["LineNeed"]()

    class Meta:
        """No more racks are blocked than use it."""

        constraints = [
            models.CheckConstraint(
                condition=Q(blocked_racks__lte=models.F("racks")),
                name="line_need_blocked_within_racks",
            )
        ]

    def __str__(self) -> str:
        """Return racks and date."""
        return f"{self.racks} racks by {self.needed_by}"
