"""What really arrived."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import StockLot
from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.tenant import TenantManager


class Receipt(models.Model):
    """A quantity of a line that reached the dock; the lot it became is usable stock."""

    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="receipts")
    quantity = models.PositiveIntegerField()
    received_on = models.DateField(help_text="Dock date in the site's zone.")
    lot = models.OneToOneField(StockLot, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["Receipt"]()

    class Meta:
        """A receipt brings something."""

        ordering = ["line", "received_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="receipt_quantity_positive"
            )
        ]

    def __str__(self) -> str:
        """Return quantity and date."""
        return f"{self.quantity} on {self.received_on}"
