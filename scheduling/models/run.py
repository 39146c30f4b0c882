"""The job record: a broker's message is a hint, this row is the truth."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from scheduling.models.scenario import Scenario

FINDERS = {
    "ruin_and_recreate": "ruin and recreate",
    "cp_sat": "OR-Tools CP-SAT",
    "rule": "a dispatch rule",
    "published": "the plan in force, mended",
}
"""What found a plan, in words."""


class RunQuerySet(models.QuerySet["Run"]):
    """Reads of runs by state; moments are the database's own."""

    def to_send(self, *, again_after: timedelta) -> "RunQuerySet":
        """Return queued runs without a message on its way, oldest first.

        A message sent longer ago than ``again_after`` counts as lost: a broker may
        have been restarted without its data, or a worker killed with it in hand. One
        whose scenario has a run that is still stopping waits for the end of that.
        """
        under_way = Run.objects.filter(
            scenario=OuterRef("scenario"), state=Run.State.RUNNING
        )
        return self.filter(
            ~Exists(under_way),
            Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - again_after),
            state=Run.State.QUEUED,
        ).order_by("id")

    def lapsed(self) -> "RunQuerySet":
        """Return running runs whose worker has let the lease run out."""
        return self.filter(state=Run.State.RUNNING, lease_until__lt=Now())

    def unfinished(self) -> "RunQuerySet":
        """Return runs that have not reached an end."""
        return self.filter(state__in=Run.UNFINISHED)

    def going(self) -> "RunQuerySet":
        """Return runs that have not reached an end, nor were asked to stop."""
        return self.unfinished().filter(cancel_requested_at__isnull=True)


class Run(models.Model):
    """One optimization: asked for, claimed by a worker, ended in a known state.

    A claim sets lease, heartbeat and a higher fencing token; only the holder of the
    newest token may write. ``curve`` is a list of ``[seconds, best, bound]`` in cents;
    ``error`` and ``notes`` hold a sentence a line. A repair may keep to another plan
    than the one in force: ``towards``, an earlier one or one of a scenario. One that
    ``improves`` a proposal stores a plan only if it is better while that one waits.
    """

    class State(models.TextChoices):
        """Life of a run."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Kind(models.TextChoices):
        """What is asked of the engine."""

        OPTIMIZE = "optimize", "Optimize"
        REPAIR = "repair", "Repair"

    class Favour(models.TextChoices):
        """What a repair spares first; ``scheduling.engine.repair`` has the rules."""

        BALANCE = "balance", "Balanced"
        MOVES = "moves", "Fewest moved"
        PROMISES = "promises", "Fewest promises broken"

    UNFINISHED = (State.QUEUED, State.RUNNING)
    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        # Claimed by a worker, or cancelled before one came.
        State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
        # Back to the queue when the worker is lost.
        State.RUNNING: frozenset(
            {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.QUEUED}
        ),
        State.SUCCEEDED: frozenset(),
        State.FAILED: frozenset(),
        State.CANCELLED: frozenset(),
    }
    MAX_ATTEMPTS = 3

    scenario = models.ForeignKey(Scenario, models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OPTIMIZE)
    favour = models.CharField(max_length=10, choices=Favour, default=Favour.BALANCE)
    towards = models.ForeignKey(
        "scheduling.Plan", models.PROTECT, null=True, related_name="+"
    )
    improves = models.ForeignKey(
        "scheduling.Plan", models.PROTECT, null=True, related_name="+"
    )
    may_move_frozen = models.BooleanField(
        default=False,
        help_text="Whether racks inside the frozen fence may move for money alone.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120, default="system")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    as_of = models.DateTimeField(
        null=True, help_text="Minute 0 of the plan; null means when it is claimed."
    )
    time_limit_s = models.PositiveSmallIntegerField(default=60)
    seed = models.PositiveIntegerField(default=1)
    workers = models.PositiveSmallIntegerField(default=2)
    sent_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveBigIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    phase = models.CharField(max_length=40, blank=True, default="")
    best_cents = models.BigIntegerField(null=True)
    bound_cents = models.BigIntegerField(null=True)
    bound_reason = models.TextField(
        blank=True,
        default="",
        help_text="Why no plan costs less, in a sentence: which limit, when.",
    )
    first_plan_s = models.FloatField(null=True)
    curve = models.JSONField(default=list)
    input_hash = models.CharField(max_length=64, blank=True, default="")
    event_seq = models.BigIntegerField(null=True)
    versions = models.JSONField(default=dict)
    found_by = models.CharField(max_length=40, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")

    objects = RunQuerySet.as_manager()

    class Meta:
        """A running run is leased, an ended one says when, a failed one why.

        A scenario has at most one run that neither is finished nor was asked to stop.
        """

        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running")
                | Q(
                    lease_until__isnull=False,
                    heartbeat_at__isnull=False,
                    started_at__isnull=False,
                ),
                name="run_running_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | (~Q(state__in=["queued", "running"]) & Q(ended_at__isnull=False)),
                name="run_ended_iff_final",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""), name="run_failed_says_why"
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=3), name="run_at_most_three_attempts"
            ),
            models.CheckConstraint(
                condition=Q(best_cents__isnull=True)
                | Q(bound_cents__isnull=True)
                | Q(bound_cents__lte=F("best_cents")),
                name="run_bound_below_best",
            ),
            models.CheckConstraint(
                condition=Q(time_limit_s__gte=1, time_limit_s__lte=3600),
                name="run_time_limit_range",
            ),
            models.CheckConstraint(
                condition=Q(workers__gte=1, workers__lte=64), name="run_workers_range"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["optimize", "repair"]), name="run_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(favour="balance")
                | Q(kind="repair", favour__in=["moves", "promises"]),
                name="run_favour_of_a_repair",
            ),
            models.CheckConstraint(
                condition=Q(towards__isnull=True) | Q(kind="repair"),
                name="run_towards_of_a_repair",
            ),
            models.CheckConstraint(
                condition=Q(improves__isnull=True) | Q(kind="repair"),
                name="run_improves_of_a_repair",
            ),
            models.UniqueConstraint(
                fields=["scenario"],
                condition=Q(
                    state__in=["queued", "running"], cancel_requested_at__isnull=True
                ),
                name="run_one_going_a_scenario",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="run_to_reap"),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"run {self.pk}"

    @property
    def is_repair(self) -> bool:
        """Return whether the plan in force is mended rather than improved."""
        return self.kind == self.Kind.REPAIR

    @property
    def finder(self) -> str:
        """What found the plan, in words; empty before there is one."""
        return FINDERS.get(self.found_by, self.found_by.replace("_", " "))

    @property
    def is_finished(self) -> bool:
        """Return whether the run has reached an end."""
        return self.state not in self.UNFINISHED

    @property
    def is_stopping(self) -> bool:
        """Return whether somebody cancelled it and its worker has not stopped yet."""
        return self.state == self.State.RUNNING and self.cancel_requested_at is not None

    @property
    def gap(self) -> float | None:
        """Return how far the best may lie above the bound, as a share of the best."""
        if self.best_cents is None or self.bound_cents is None:
            return None
        if self.best_cents == 0:
            return 0.0
        return (self.best_cents - self.bound_cents) / self.best_cents
