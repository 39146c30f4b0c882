"""What really arrived."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factory.models import StockLot
from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.shipment import ShipmentLine
from suppliers.models.tenant import TenantManager


class Receipt(models.Model):
    """A quantity of a line that reached the dock, and the stock lot it became.

    ``shipment_line`` is the announcement it was counted against, if there was one.
    """

    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="receipts")
    quantity = models.PositiveIntegerField()
    received_on = models.DateField(help_text="Dock date in the site's zone.")
    lot = models.OneToOneField(StockLot, models.PROTECT, null=True, related_name="+")
    shipment_line = models.ForeignKey(
        ShipmentLine, models.PROTECT, null=True, blank=True, related_name="receipts"
    )
    actor = models.CharField(max_length=120, blank=True, default="")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["Receipt"]()

    class Meta:
        """A receipt brings something."""

        ordering = ["line", "received_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="receipt_quantity_positive"
            )
        ]

    def __str__(self) -> str:
        """Return quantity and date."""
        return f"{self.quantity} on {self.received_on}"


class Finding(models.Model):
    """What the dock or quality found about a delivery; append-only.

    ``quantity`` is the pieces it is about. A hold ends with a release or a return,
    which are findings of their own about the same receipt.
    """

    class Kind(models.TextChoices):
        """What can be found."""

        SHORT = "short", _("Short")
        OVER = "over", _("Over")
        WRONG_PART = "wrong_part", _("Wrong part")
        DAMAGED = "damaged", _("Damaged")
        HOLD = "hold", _("Quality hold")
        RELEASE = "release", _("Released")
        RETURN = "return", _("Returned")

    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="findings")
    shipment_line = models.ForeignKey(
        ShipmentLine, models.PROTECT, null=True, blank=True, related_name="findings"
    )
    receipt = models.ForeignKey(
        Receipt, models.PROTECT, null=True, blank=True, related_name="findings"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=160)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["Finding"]()

    class Meta:
        """A finding is about pieces, says why, and quality's about a receipt."""

        ordering = ["line", "at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="finding_quantity_positive"
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="finding_reason_given"
            ),
            models.CheckConstraint(condition=~Q(actor=""), name="finding_actor_given"),
            models.CheckConstraint(
                condition=~Q(kind__in=["damaged", "hold", "release", "return"])
                | Q(receipt__isnull=False),
                name="finding_of_quality_has_receipt",
            ),
            models.UniqueConstraint(
                fields=["receipt"],
                condition=Q(kind="return"),
                name="finding_returned_once",
            ),
        ]

    def __str__(self) -> str:
        """Return kind and quantity."""
        return f"{self.kind} {self.quantity}"
