"""What lifting and widening limits would save a plan, proved in the background."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from factory.models import Order, Unit
from scheduling.models.plan import Plan


class StudyQuerySet(models.QuerySet["Study"]):
    """Reads of studies; moments are the database's own."""

    def to_send(self, *, again_after: timedelta) -> "StudyQuerySet":
        """Return studies nobody works on and no fresh message names, oldest first."""
        return self.filter(
            Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - again_after),
            Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now()),
            state=Study.State.REQUESTED,
        ).order_by("id")


class Study(models.Model):
    """The savings and levers of one plan: asked for, claimed by a worker, then ended.

    Results are rows of their own, stored one by one: a worker that is lost or that lets
    a run go first is followed by another, which goes on where it ended. Whoever writes
    shows the fencing token of the newest claim. ``conflicts`` holds, for racks without
    a plan, ``{"rack", "sentence", "is_proved", "limits": [{"limit", "resource",
    "label", "owner"}]}``, written once.
    """

    class State(models.TextChoices):
        """Life of a study."""

        REQUESTED = "requested", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    MAX_ATTEMPTS = 3

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="study")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    actor = models.CharField(max_length=120)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveBigIntegerField(default=0)
    savings_at = models.DateTimeField(
        null=True, help_text="When every binding limit had its saving."
    )
    ended_at = models.DateTimeField(null=True)
    conflicts = models.JSONField(
        default=list,
        help_text="Why racks have no plan: a smallest set of limits for each.",
    )
    sentence = models.CharField(max_length=300, blank=True, default="")

    objects = StudyQuerySet.as_manager()

    class Meta:
        """What has ended says when; what failed says why."""

        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="requested", ended_at__isnull=True)
                | Q(state__in=["done", "failed"], ended_at__isnull=False),
                name="study_ended_iff_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(sentence=""),
                name="study_failed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=3), name="study_at_most_three_attempts"
            ),
        ]

    def __str__(self) -> str:
        """Return the plan it is about."""
        return f"study of plan {self.plan_id}"


class LimitSaving(models.Model):
    """What one change of one limit would save: a re-solve from the plan, in pairs.

    ``code`` is ``without`` for the limit lifted, which is its saving; the others are
    levers. Money is US cents, time rack-minutes over all racks. ``held_min`` is what
    the limit holds in the waterfalls, ``share_permille`` that of all lead time, and
    ``cap_min`` the most the change could take away by that share. Savings do not add
    up. One that chance may explain is not distinguishable.
    """

    class Code(models.TextChoices):
        """What is changed."""

        WITHOUT = "without", "Without the limit"
        TWICE = "twice", "Twice as wide"
        ONE_BAY = "one_bay", "One bay more"
        MORE_POWER = "more_power", "100 kW more"
        ONE_PERSON = "one_person", "One person more"
        WEEK_EARLIER = "week_earlier", "A week earlier"
        WEEKEND = "weekend", "Weekend shift"

    study = models.ForeignKey(Study, models.CASCADE, related_name="savings")
    sequence = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20, choices=Code)
    change = models.CharField(max_length=200)
    limit = models.CharField(max_length=20)
    resource = models.CharField(max_length=80)
    label = models.CharField(max_length=160)
    owner = models.CharField(max_length=80)
    saved_cents = models.BigIntegerField()
    spread_cents = models.BigIntegerField()
    late_min = models.BigIntegerField()
    ship_min = models.BigIntegerField()
    pairs = models.PositiveSmallIntegerField()
    is_distinguishable = models.BooleanField()
    held_min = models.PositiveBigIntegerField()
    held_racks = models.PositiveIntegerField()
    share_permille = models.PositiveSmallIntegerField()
    cap_min = models.PositiveBigIntegerField()

    class Meta:
        """One row a change; only what exceeds its spread in all pairs is claimed."""

        ordering = ["study", "sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "code", "limit", "resource"],
                name="limit_saving_once_a_change",
            ),
            models.CheckConstraint(
                condition=Q(spread_cents__gte=0), name="limit_saving_spread_positive"
            ),
            models.CheckConstraint(
                condition=Q(is_distinguishable=False)
                | Q(pairs=5, saved_cents__gt=F("spread_cents")),
                name="limit_saving_claimed_above_spread",
            ),
            models.CheckConstraint(
                condition=Q(share_permille__lte=1_000), name="limit_saving_share_range"
            ),
            models.CheckConstraint(
                condition=Q(cap_min__lte=F("held_min")),
                name="limit_saving_cap_within_held",
            ),
        ]

    def __str__(self) -> str:
        """Return the change."""
        return self.change


class RackSaving(models.Model):
    """What lifting a limit would save one rack; only what chance does not explain."""

    saving = models.ForeignKey(LimitSaving, models.CASCADE, related_name="racks")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    late_min = models.IntegerField()
    ship_min = models.IntegerField()
    is_planned_only_so = models.BooleanField(default=False)

    class Meta:
        """One row a limit and rack; it saves something."""

        constraints = [
            models.UniqueConstraint(
                fields=["saving", "rack"], name="rack_saving_unique"
            ),
            models.CheckConstraint(
                condition=Q(late_min__gt=0)
                | Q(ship_min__gt=0)
                | Q(is_planned_only_so=True),
                name="rack_saving_saves",
            ),
        ]
        indexes = [models.Index(fields=["rack"], name="rack_saving_of_rack")]

    def __str__(self) -> str:
        """Return rack and limit."""
        return f"{self.rack_id}: {self.saving_id}"


class OrderSaving(models.Model):
    """What lifting a limit would save one order, whose last rack counts."""

    saving = models.ForeignKey(LimitSaving, models.CASCADE, related_name="orders")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    late_min = models.IntegerField()
    ship_min = models.IntegerField()

    class Meta:
        """One row a limit and order; it saves something."""

        constraints = [
            models.UniqueConstraint(
                fields=["saving", "order"], name="order_saving_unique"
            ),
            models.CheckConstraint(
                condition=Q(late_min__gt=0) | Q(ship_min__gt=0),
                name="order_saving_saves",
            ),
        ]
        indexes = [models.Index(fields=["order"], name="order_saving_of_order")]

    def __str__(self) -> str:
        """Return order and limit."""
        return f"{self.order_id}: {self.saving_id}"
