"""Single things with a serial number: racks, trays, traced parts; what is in what."""

from django.db import models
from django.db.models import F, Q

from factory.models.order import Order
from factory.models.part import Part
from factory.models.routing import RackModel
from factory.models.site import Site


class UnitQuerySet(models.QuerySet["Unit"]):
    """Reads of units by kind and state."""

    def racks(self) -> "UnitQuerySet":
        """Return racks only."""
        return self.filter(kind=Unit.Kind.RACK)

    def to_plan(self, site: Site) -> "UnitQuerySet":
        """Return a site's racks that still have work to do, of open orders."""
        return self.racks().filter(
            site=site,
            state__in=[Unit.State.PLANNED, Unit.State.IN_WORK],
            order__state=Order.State.OPEN,
        )

    def in_order_of_serial(self) -> "UnitQuerySet":
        """Return units sorted by serial number."""
        return self.order_by("serial")


class Unit(models.Model):
    """One serial number; racks and trays are kinds of unit.

    A part of a rack names its ``parent`` and ``position`` while installed. Position and
    installation are history: removal keeps the row.
    """

    class Kind(models.TextChoices):
        """What sort of thing carries the serial."""

        RACK = "rack", "Rack"
        TRAY = "tray", "Tray"
        PART = "part", "Part"

    class State(models.TextChoices):
        """Life of a unit."""

        PLANNED = "planned", "Planned"
        IN_STOCK = "in_stock", "In stock"
        IN_WORK = "in_work", "In work"
        INSTALLED = "installed", "Installed"
        ON_HOLD = "on_hold", "On hold"
        SHIPPED = "shipped", "Shipped"
        SCRAPPED = "scrapped", "Scrapped"
        CANCELLED = "cancelled", "Cancelled"
        RETURNED = "returned", "Sent back"

    serial = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    site = models.ForeignKey(Site, models.PROTECT, related_name="units")
    rack_model = models.ForeignKey(
        RackModel, models.PROTECT, null=True, blank=True, related_name="racks"
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="racks"
    )
    part = models.ForeignKey(
        Part, models.PROTECT, null=True, blank=True, related_name="units"
    )
    revision = models.CharField(max_length=10, default="A")
    lot = models.CharField(max_length=40, blank=True, default="")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    position = models.CharField(max_length=20, blank=True, default="")
    installed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)

    objects = UnitQuerySet.as_manager()

    class Meta:
        """A rack has a model and an order; anything else has a part."""

        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind="rack",
                    rack_model__isnull=False,
                    order__isnull=False,
                    part__isnull=True,
                    parent__isnull=True,
                )
                | (
                    ~Q(kind="rack")
                    & Q(rack_model__isnull=True, order__isnull=True)
                    & Q(part__isnull=False)
                ),
                name="unit_rack_iff_model_and_order",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="unit_not_own_parent",
            ),
            models.CheckConstraint(
                condition=~Q(state="installed")
                | Q(parent__isnull=False, installed_at__isnull=False),
                name="unit_installed_has_parent",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True)
                | Q(installed_at__isnull=False, removed_at__gte=F("installed_at")),
                name="unit_removed_after_installed",
            ),
            models.UniqueConstraint(
                fields=["parent", "position"],
                condition=Q(removed_at__isnull=True, parent__isnull=False)
                & ~Q(position=""),
                name="unit_position_holds_one",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "kind", "state"], name="unit_to_plan"),
            models.Index(fields=["part", "lot"], name="unit_of_lot"),
        ]

    def __str__(self) -> str:
        """Return the serial."""
        return self.serial
