"""What has left a supplier: advance ship notices, their lines and serial numbers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factory.models import Site
from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.supplier import Supplier
from suppliers.models.tenant import TenantManager


class Shipment(models.Model):
    """One consignment of a supplier to one site, announced when it leaves (ASN).

    ``number`` is the supplier's own, as on the paper that comes with the goods;
    ``packing_list`` the number of that paper. ``version`` rises with every change, and
    every change is an event that keeps what was said before.
    """

    class State(models.TextChoices):
        """Life of a shipment; it has arrived once no line is on the way."""

        ANNOUNCED = "announced", _("On the way")
        ARRIVED = "arrived", _("Arrived")
        CANCELLED = "cancelled", _("Called back")

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="shipments")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    carrier = models.CharField(max_length=80)
    tracking_number = models.CharField(max_length=80, blank=True, default="")
    packing_list = models.CharField(max_length=80, blank=True, default="")
    shipped_on = models.DateField()
    expected_on = models.DateField(help_text="Dock date in the site's zone.")
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    version = models.PositiveIntegerField(default=1)
    actor = models.CharField(max_length=120)
    announced_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["Shipment"]()

    class Meta:
        """One number a supplier; nothing arrives before it leaves."""

        ordering = ["expected_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "number"], name="shipment_number_unique"
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(carrier=""),
                name="shipment_number_and_carrier_given",
            ),
            models.CheckConstraint(
                condition=Q(expected_on__gte=F("shipped_on")),
                name="shipment_leaves_before_it_arrives",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="shipment_version_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "state", "expected_on"], name="shipment_due")
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class ShipmentLine(models.Model):
    """Pieces of one purchase-order line in a shipment.

    ``promised_on`` names the promised dock date they answer where that is not the
    earliest; ``package`` the box or pallet they are in. ``received`` is what the dock
    has counted of them.
    """

    class State(models.TextChoices):
        """Whether any of it is still to come."""

        ON_THE_WAY = "on_the_way", _("On the way")
        ARRIVED = "arrived", _("Arrived")
        CANCELLED = "cancelled", _("Called back")

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField()
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    promised_on = models.DateField(null=True, blank=True)
    lot = models.CharField(max_length=40, blank=True, default="")
    package = models.CharField(max_length=40, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.ON_THE_WAY)

    SUPPLIER_PATH: ClassVar = "shipment__supplier"
    objects = TenantManager["ShipmentLine"]()

    class Meta:
        """A line brings something, and is over once all of it has come."""

        ordering = ["shipment", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "number"], name="shipment_line_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="shipment_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=~Q(state="on_the_way") | Q(received__lt=F("quantity")),
                name="shipment_line_on_the_way_is_not_complete",
            ),
        ]
        indexes = [
            models.Index(
                fields=["line"],
                condition=Q(state="on_the_way"),
                name="shipment_line_on_the_way",
            )
        ]

    def __str__(self) -> str:
        """Return quantity and line."""
        return f"{self.quantity} of {self.line_id}"

    @property
    def outstanding(self) -> int:
        """Return what is still on the way of it."""
        if self.state != self.State.ON_THE_WAY:
            return 0
        return self.quantity - self.received


class ShipmentSerial(models.Model):
    """One serial number announced; live until the shipment is called back.

    A supplier sends a serial number once: a piece that went back loses its live row.
    """

    shipment_line = models.ForeignKey(
        ShipmentLine, models.PROTECT, related_name="serials"
    )
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="+")
    serial = models.CharField(max_length=40)
    is_live = models.BooleanField(default=True)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["ShipmentSerial"]()

    class Meta:
        """No serial number is on the way or in the house twice."""

        ordering = ["shipment_line", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "serial"],
                condition=Q(is_live=True),
                name="shipment_serial_live_unique",
            ),
            models.CheckConstraint(
                condition=~Q(serial=""), name="shipment_serial_given"
            ),
        ]

    def __str__(self) -> str:
        """Return the serial."""
        return self.serial
