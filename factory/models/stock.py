"""What is in the house: lots, and what was issued from them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models.order import Customer
from factory.models.part import Part
from factory.models.routing import RoutingStep
from factory.models.site import Site
from factory.models.unit import Unit


class StockLot(models.Model):
    """A received quantity of a part; ``issued`` never passes ``quantity``.

    Consigned stock names the customer it belongs to. A lot on hold is not planned with.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="stock_lots")
    part = models.ForeignKey(Part, models.PROTECT, related_name="stock_lots")
    lot = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    issued = models.PositiveIntegerField(default=0)
    consigned_by = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_on_hold = models.BooleanField(default=False)
    hold_reason = models.CharField(max_length=160, blank=True, default="")
    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(
        max_length=80, blank=True, default="", help_text="The receipt it came from."
    )

    class Meta:
        """Quantities balance; a hold says why."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "part", "lot"], name="stock_lot_unique"
            ),
            models.CheckConstraint(
                condition=Q(issued__lte=F("quantity")), name="stock_lot_not_over_issued"
            ),
            models.CheckConstraint(
                condition=Q(is_on_hold=False) | ~Q(hold_reason=""),
                name="stock_lot_hold_has_reason",
            ),
        ]

    def __str__(self) -> str:
        """Return part and lot."""
        return f"{self.part_id} {self.lot}"

    @property
    def free(self) -> int:
        """Return the quantity not yet issued."""
        return self.quantity - self.issued


class StockIssue(models.Model):
    """A quantity taken from a lot for one step of one rack; never edited."""

    lot = models.ForeignKey(StockLot, models.PROTECT, related_name="issues")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="stock_issues")
    step = models.ForeignKey(RoutingStep, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """An issue takes something."""

        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="stock_issue_quantity_positive"
            )
        ]

    def __str__(self) -> str:
        """Return quantity and lot."""
        return f"{self.quantity} from {self.lot_id}"
