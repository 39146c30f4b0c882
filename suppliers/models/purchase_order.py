"""What is asked of a supplier: purchase orders and their lines."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from factory.models import Part, Site
from suppliers.models.supplier import Supplier
from suppliers.models.tenant import TenantManager


class PurchaseOrder(models.Model):
    """An order to one supplier; known to an ERP by system and external id."""

    class State(models.TextChoices):
        """Life of a purchase order."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=40, unique=True)
    system = models.SlugField(max_length=40, blank=True, default="")
    external_id = models.CharField(max_length=80, blank=True, default="")
    external_revision = models.PositiveIntegerField(default=0)
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, related_name="purchase_orders"
    )
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    currency = models.CharField(max_length=3, default="USD")
    ordered_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["PurchaseOrder"]()

    class Meta:
        """Known once to each ERP."""

        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"],
                condition=~Q(external_id=""),
                name="purchase_order_external_id_unique",
            ),
            models.CheckConstraint(
                condition=Q(external_id="") | ~Q(system=""),
                name="purchase_order_external_id_needs_system",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "state"], name="purchase_order_open")
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class PurchaseOrderLine(models.Model):
    """A quantity of a part asked for on a date.

    ``need_by`` is the requested dock date; ``received`` the sum of its receipts, kept
    beside them under the line's lock, and ``received_in_full_on`` the dock date of the
    one that made it complete. ``on_the_way`` is what shipments have announced and the
    dock has not seen yet, kept the same way.
    """

    class State(models.TextChoices):
        """Whether anything is still to come."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    purchase_order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, related_name="lines"
    )
    number = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=80, blank=True, default="")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    on_the_way = models.PositiveIntegerField(default=0)
    received_in_full_on = models.DateField(null=True, blank=True)
    need_by = models.DateField()
    price_cents = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)

    SUPPLIER_PATH: ClassVar = "purchase_order__supplier"
    objects = TenantManager["PurchaseOrderLine"]()

    class Meta:
        """One number an order; something is asked; complete lines say since when."""

        ordering = ["purchase_order", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["purchase_order", "number"],
                name="purchase_order_line_number_unique",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="purchase_order_line_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    received__gte=F("quantity"), received_in_full_on__isnull=False
                )
                | Q(received__lt=F("quantity"), received_in_full_on__isnull=True),
                name="purchase_order_line_complete_iff_date",
            ),
        ]
        indexes = [
            models.Index(fields=["part", "state"], name="purchase_order_line_open"),
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="purchase_order_line_named",
            ),
            models.Index(fields=["state", "need_by"], name="purchase_order_line_board"),
        ]

    def __str__(self) -> str:
        """Return order and line number."""
        return f"{self.purchase_order} line {self.number}"

    @property
    def outstanding(self) -> int:
        """Return what has not been received yet, at least 0."""
        return max(0, self.quantity - self.received)
