"""Rack models and the way they are built: steps on the floor, fixed lags around it."""

from django.db import models
from django.db.models import Q

from factory.models.site import Place


class RackModel(models.Model):
    """A kind of rack; ``liquid_permille`` is the share of heat that goes to liquid."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    liquid_permille = models.PositiveSmallIntegerField()
    net_kg = models.PositiveIntegerField(default=1400)
    price_cents = models.PositiveBigIntegerField(default=0)

    class Meta:
        """Heat is at most what is drawn."""

        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(liquid_permille__lte=1000), name="rack_model_liquid_range"
            )
        ]

    def __str__(self) -> str:
        """Return the code."""
        return self.code


class PowerClass(models.TextChoices):
    """How a step may be interrupted."""

    SHIFT_BOUND = "shift_bound", "Shift-bound"
    NON_PREEMPTIVE = "non_preemptive", "Runs through"
    INTERRUPTIBLE = "interruptible", "Interruptible"
    NEVER_INTERRUPT = "never_interrupt", "Never interrupted"
    RESTARTABLE = "restartable", "Restarts by tray"
    PREEMPTIVE_DERATABLE = "preemptive_deratable", "Pauses and derates"


class RoutingStep(models.Model):
    """One step of one model's routing; P50 minutes, watts at the bay."""

    rack_model = models.ForeignKey(RackModel, models.PROTECT, related_name="steps")
    op = models.PositiveSmallIntegerField(help_text="Order of work: 10, 20, ...")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    minutes = models.PositiveIntegerField()
    place = models.CharField(max_length=20, choices=Place)
    uses_cart = models.BooleanField(default=False)
    skill = models.SlugField(max_length=20)
    crew_eighths = models.PositiveSmallIntegerField()
    draw_w = models.PositiveIntegerField(default=0)
    power_class = models.CharField(max_length=24, choices=PowerClass)
    first_pass_permille = models.PositiveSmallIntegerField(default=1000)
    rework_min = models.PositiveIntegerField(default=0)

    class Meta:
        """Only a bay gives power, and each step takes time and people."""

        ordering = ["rack_model", "op"]
        constraints = [
            models.UniqueConstraint(
                fields=["rack_model", "op"], name="routing_step_op_unique"
            ),
            models.UniqueConstraint(
                fields=["rack_model", "code"], name="routing_step_code_unique"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1), name="routing_step_minutes_positive"
            ),
            models.CheckConstraint(
                condition=Q(crew_eighths__gte=1), name="routing_step_crew_positive"
            ),
            models.CheckConstraint(
                condition=Q(draw_w=0) | Q(place="bay"),
                name="routing_step_power_needs_a_bay",
            ),
            models.CheckConstraint(
                condition=Q(first_pass_permille__lte=1000),
                name="routing_step_yield_range",
            ),
        ]

    def __str__(self) -> str:
        """Return op and code."""
        return f"{self.op} {self.code}"


class FixedLag(models.Model):
    """A fixed time before or after the floor, with the sentence why it exists."""

    class When(models.TextChoices):
        """Before the first step, or after the last."""

        BEFORE = "before", "Before the floor"
        AFTER = "after", "After the floor"

    rack_model = models.ForeignKey(RackModel, models.PROTECT, related_name="lags")
    when = models.CharField(max_length=10, choices=When)
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    minutes = models.PositiveIntegerField()
    is_physics = models.BooleanField()
    limit = models.CharField(max_length=20, default="answer")
    owner = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)

    class Meta:
        """One lag a model and code."""

        ordering = ["rack_model", "when", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["rack_model", "code"], name="fixed_lag_code_unique"
            ),
            models.CheckConstraint(condition=~Q(owner=""), name="fixed_lag_has_owner"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
