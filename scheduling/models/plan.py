"""The engine's answer, stored: immutable, proved, with its reasons."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import PowerBay, RoutingStep, StockLot, Unit
from scheduling.models.run import Run
from suppliers.models import Tranche


class Blob(models.Model):
    """Compressed bytes, named by the SHA-256 of what they hold; never changed."""

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField()

    def __str__(self) -> str:
        """Return the first digits of the digest."""
        return self.digest[:12]


class Plan(models.Model):
    """One refereed schedule of one run; a run makes at most one.

    Costs are US cents. ``made_breaches`` is 0 by constraint: nothing else is stored.
    ``epoch`` is minute 0; ``event_seq`` the last event the plan knew. ``order_dates``
    is kept for what-if plans: by order number, the date its last rack ships (empty if
    one has no plan), its racks and those that are late.
    """

    run = models.OneToOneField(Run, models.PROTECT, related_name="plan")
    problem = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    epoch = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    event_seq = models.BigIntegerField()
    objective_cents = models.BigIntegerField()
    bound_cents = models.BigIntegerField()
    late_cents = models.BigIntegerField()
    wip_cents = models.BigIntegerField()
    moved_cents = models.BigIntegerField()
    broken_cents = models.BigIntegerField()
    demand_cents = models.BigIntegerField()
    energy_cents = models.BigIntegerField()
    best_rule_cents = models.BigIntegerField(null=True)
    peak_w = models.PositiveBigIntegerField()
    rise_w = models.PositiveBigIntegerField(
        null=True, help_text="Most by which import rises from a minute to the next."
    )
    fall_w = models.PositiveBigIntegerField(
        null=True, help_text="Most by which import falls from a minute to the next."
    )
    racks = models.PositiveIntegerField()
    late_racks = models.PositiveIntegerField()
    unplannable_racks = models.PositiveIntegerField(default=0)
    moved_racks = models.PositiveIntegerField(
        null=True,
        help_text="Racks that stand elsewhere than in the plan it started from.",
    )
    made_breaches = models.PositiveIntegerField(default=0)
    inherited_breaches = models.JSONField(default=list)
    order_dates = models.JSONField(default=dict)
    is_proved_optimal = models.BooleanField(default=False)

    class Meta:
        """No plan is stored that breaks a limit by itself or beats its own bound."""

        constraints = [
            models.CheckConstraint(
                condition=Q(made_breaches=0), name="plan_makes_no_breach"
            ),
            models.CheckConstraint(
                condition=Q(bound_cents__lte=F("objective_cents")),
                name="plan_bound_below_objective",
            ),
            models.CheckConstraint(
                condition=Q(late_racks__lte=F("racks")), name="plan_late_within_racks"
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"plan {self.pk}"


class PlanDrawing(models.Model):
    """A plan as the Gantt draws it: gzipped JSON, made once, since plans never change.

    It can be made anew from the plan's blobs at any time.
    """

    plan = models.OneToOneField(
        Plan, models.CASCADE, primary_key=True, related_name="drawing"
    )
    data = models.BinaryField()
    version = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        """Return the plan."""
        return f"drawing of {self.plan_id}"


class PlannedRack(models.Model):
    """What a plan says of one rack.

    ``earliest_at`` is the physical limit of shipping: infinite resources, no waits.
    ``lead_min`` counts from the order's receipt to the customer's dock; physics needs
    ``physics_min`` of it. The bay is held from ``bay_from`` to ``bay_until``; on
    PostgreSQL an exclusion constraint keeps two racks of a plan out of one bay. A rack
    without a plan says why.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="planned_racks")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True)
    ships_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    earliest_at = models.DateTimeField(null=True)
    late_min = models.PositiveIntegerField(default=0)
    lead_min = models.PositiveIntegerField(null=True)
    physics_min = models.PositiveIntegerField(null=True)
    bay = models.ForeignKey(PowerBay, models.PROTECT, null=True, related_name="+")
    bay_from = models.DateTimeField(null=True)
    bay_until = models.DateTimeField(null=True)
    limit = models.CharField(max_length=20, blank=True, default="")
    sentence = models.CharField(max_length=300, blank=True, default="")
    owner = models.CharField(max_length=80, blank=True, default="")
    unplannable_code = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        """Planned or not: never both, never neither."""

        constraints = [
            models.UniqueConstraint(
                fields=["plan", "rack"], name="planned_rack_unique"
            ),
            models.CheckConstraint(
                condition=Q(ships_at__isnull=False, unplannable_code="")
                | (Q(ships_at__isnull=True) & ~Q(unplannable_code="")),
                name="planned_rack_planned_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(unplannable_code="") | ~Q(sentence=""),
                name="planned_rack_reason_in_words",
            ),
            models.CheckConstraint(
                condition=Q(
                    bay__isnull=True, bay_from__isnull=True, bay_until__isnull=True
                )
                | Q(
                    bay__isnull=False,
                    bay_from__isnull=False,
                    bay_until__gt=F("bay_from"),
                ),
                name="planned_rack_bay_held_forward",
            ),
        ]
        indexes = [models.Index(fields=["plan", "ships_at"], name="planned_rack_ships")]

    def __str__(self) -> str:
        """Return plan and rack."""
        return f"{self.plan_id}:{self.rack_id}"


class PlannedStep(models.Model):
    """One step of one rack in one plan; phases are in the plan's blob."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="planned_steps")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    step = models.ForeignKey(RoutingStep, models.PROTECT, related_name="+")
    bay = models.ForeignKey(PowerBay, models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        """One row a plan, rack and step; time runs forward."""

        constraints = [
            models.UniqueConstraint(
                fields=["plan", "rack", "step"], name="planned_step_unique"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="planned_step_start_before_end",
            ),
        ]
        indexes = [models.Index(fields=["plan", "starts_at"], name="planned_step_when")]

    def __str__(self) -> str:
        """Return plan, rack and step."""
        return f"{self.plan_id}:{self.rack_id}:{self.step_id}"


class Pegging(models.Model):
    """Pieces of one stock lot or one tranche that a plan gives to one rack's step."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="peggings")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    step = models.ForeignKey(RoutingStep, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    stock_lot = models.ForeignKey(StockLot, models.PROTECT, null=True, related_name="+")
    tranche = models.ForeignKey(Tranche, models.PROTECT, null=True, related_name="+")

    class Meta:
        """From stock or from a promise, never both."""

        constraints = [
            models.CheckConstraint(
                condition=Q(stock_lot__isnull=False, tranche__isnull=True)
                | Q(stock_lot__isnull=True, tranche__isnull=False),
                name="pegging_one_supply",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="pegging_quantity_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "rack"], name="pegging_of_rack"),
            models.Index(fields=["plan", "tranche"], name="pegging_of_tranche"),
        ]

    def __str__(self) -> str:
        """Return quantity and rack."""
        return f"{self.quantity} for {self.rack_id}"


class LimitAttribution(models.Model):
    """One bar of a rack's waterfall: minutes, the limit that took them, its owner.

    The bars of a rack add up to its lead time exactly.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="attributions")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    sequence = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=20, blank=True, default="")
    limit = models.CharField(max_length=20)
    resource = models.CharField(max_length=80, blank=True, default="")
    label = models.CharField(max_length=160)
    owner = models.CharField(max_length=80)
    minutes = models.PositiveIntegerField()
    is_physics = models.BooleanField()

    class Meta:
        """Each bar has a length and an owner."""

        constraints = [
            models.UniqueConstraint(
                fields=["plan", "rack", "sequence"], name="limit_attribution_unique"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1), name="limit_attribution_minutes_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return minutes and limit."""
        return f"{self.minutes} min {self.limit}"
