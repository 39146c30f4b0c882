"""What a planner has fixed, and the steps in which it was done, to undo and redo."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import PowerBay, RoutingStep, Unit
from scheduling.models.plan import Plan
from scheduling.models.publication import Publication
from scheduling.models.run import Run
from scheduling.models.scenario import Scenario


class PinQuerySet(models.QuerySet["Pin"]):
    """Reads of pins."""

    def in_force(self) -> "PinQuerySet":
        """Return pins that nobody has released."""
        return self.filter(released_at__isnull=True)


class Pin(models.Model):
    """A start that a planner has fixed for one step of one rack, and why.

    A step that holds a bay or station is pinned by the first step of its stay. Without
    a bay any bay will do. Every plan keeps a pin until it is released; a rack and step
    has one at most. What it says never changes.
    """

    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    step = models.ForeignKey(RoutingStep, models.PROTECT, related_name="+")
    bay = models.ForeignKey(PowerBay, models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=120, blank=True, default="")

    objects = PinQuerySet.as_manager()

    class Meta:
        """One in force a step, each with its reason."""

        constraints = [
            models.UniqueConstraint(
                fields=["rack", "step"],
                condition=Q(released_at__isnull=True),
                name="pin_one_a_step",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pin_says_why"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by="")
                | (
                    # An unknown moment compares as unknown, which a check lets pass.
                    Q(released_at__isnull=False, released_at__gte=F("made_at"))
                    & ~Q(released_by="")
                ),
                name="pin_released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return rack, step and start."""
        return f"{self.rack_id} {self.step_id} at {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_in_force(self) -> bool:
        """Return whether plans keep it."""
        return self.released_at is None

    def says_as(self, other: "Pin | None") -> bool:
        """Return whether another pin fixes the same start in the same bay."""
        return (
            other is not None
            and (self.rack_id, self.step_id)
            == (
                other.rack_id,
                other.step_id,
            )
            and (self.starts_at, self.bay_id) == (other.starts_at, other.bay_id)
        )


class PlanEdit(models.Model):
    """One thing a planner did to a plan: a step to undo and to redo.

    ``before`` and ``after`` are the pins of one rack and step as they were and as they
    became; at least one is given. ``base`` is the plan that was looked at, ``run`` the
    repair that made a new one of it. Edits between two publications belong together;
    what was undone stays redoable until something else is done.
    """

    scenario = models.ForeignKey(Scenario, models.PROTECT, related_name="+")
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="plan_edits"
    )
    before = models.ForeignKey(Pin, models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(Pin, models.PROTECT, null=True, related_name="+")
    base = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        """Something changed; only what was undone is dropped."""

        constraints = [
            models.CheckConstraint(
                condition=Q(before__isnull=False) | Q(after__isnull=False),
                name="plan_edit_changes_a_pin",
            ),
            models.CheckConstraint(
                condition=Q(dropped_at__isnull=True) | Q(undone_at__isnull=False),
                name="plan_edit_dropped_when_undone",
            ),
        ]
        indexes = [
            models.Index(fields=["by", "publication"], name="plan_edit_of_planner")
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"edit {self.pk}"

    @property
    def pin(self) -> Pin:
        """Return the pin it is about: the new one, else the one that went."""
        pin = self.after or self.before
        if pin is None:
            raise ValueError("An edit changes a pin.")
        return pin
