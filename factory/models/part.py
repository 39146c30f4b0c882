"""Parts, their alternates, and what goes into what."""

from django.db import models
from django.db.models import F, Q


class Part(models.Model):
    """Something bought or built, at one revision; price in US cents."""

    class Trace(models.TextChoices):
        """How single pieces are told apart."""

        NONE = "none", "Not traced"
        LOT = "lot", "By lot"
        SERIAL = "serial", "By serial number"

    class Owner(models.TextChoices):
        """Whose it is until it ships."""

        OWN = "own", "Own"
        CONSIGNED = "consigned", "Consigned by the customer"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    revision = models.CharField(max_length=10, default="A")
    unit = models.CharField(max_length=10, default="ea")
    trace = models.CharField(max_length=10, choices=Trace, default=Trace.NONE)
    owner = models.CharField(max_length=10, choices=Owner, default=Owner.OWN)
    sourcing = models.CharField(max_length=80, blank=True, default="")
    price_cents = models.PositiveBigIntegerField(default=0)
    buyer = models.CharField(max_length=80, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        """Sorted by code; no code is empty."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="part_code_given")
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class PartAlternate(models.Model):
    """An approved stand-in, from a date on."""

    part = models.ForeignKey(Part, models.PROTECT, related_name="alternates")
    alternate = models.ForeignKey(Part, models.PROTECT, related_name="+")
    valid_from = models.DateField()
    approved_by = models.CharField(max_length=80)

    class Meta:
        """A part is not its own alternate."""

        constraints = [
            models.UniqueConstraint(
                fields=["part", "alternate"], name="part_alternate_unique"
            ),
            models.CheckConstraint(
                condition=~Q(part=F("alternate")), name="part_alternate_differs"
            ),
        ]

    def __str__(self) -> str:
        """Return both codes."""
        return f"{self.part_id} by {self.alternate_id}"


class BomLine(models.Model):
    """A quantity of a part per rack of one model.

    Without ``parent`` the rack itself consumes it, at the step ``consumed_at``; with a
    parent it is tier 2: shown and pegged, never consumed by a rack.
    """

    rack_model = models.ForeignKey(
        "factory.RackModel", models.PROTECT, related_name="bom_lines"
    )
    part = models.ForeignKey(Part, models.PROTECT, related_name="used_in")
    parent = models.ForeignKey(
        Part, models.PROTECT, null=True, blank=True, related_name="made_of"
    )
    quantity = models.PositiveIntegerField()
    consumed_at = models.ForeignKey(
        "factory.RoutingStep", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        """Rack-level lines and only those name the consuming step."""

        constraints = [
            # Two, since SQLite takes any two empty parents for different ones.
            models.UniqueConstraint(
                fields=["rack_model", "part"],
                condition=Q(parent__isnull=True),
                name="bom_line_rack_level_unique",
            ),
            models.UniqueConstraint(
                fields=["rack_model", "part", "parent"],
                condition=Q(parent__isnull=False),
                name="bom_line_tier_unique",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="bom_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, consumed_at__isnull=False)
                | Q(parent__isnull=False, consumed_at__isnull=True),
                name="bom_line_consumed_iff_rack_level",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("part")),
                name="bom_line_not_own_parent",
            ),
        ]

    def __str__(self) -> str:
        """Return quantity and part."""
        return f"{self.quantity} × {self.part_id}"
