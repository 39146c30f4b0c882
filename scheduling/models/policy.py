"""What happens by itself when facts overtake a plan, and every time it did."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import Site
from scheduling.models.publication import Publication
from scheduling.models.run import Run


class RepairPolicy(models.Model):
    """What a site does when a fact makes its plan stale.

    Without a row nothing follows but what the grid asks, as a proposal. ``quiet_s`` is
    how long nothing more must happen before a repair starts, and ``wait_s`` how long a
    storm may put it off. The bounds hold for plans that publish themselves, which break
    no promise, ever.
    """

    class Mode(models.TextChoices):
        """How far it goes by itself."""

        OFF = "off", "Off"
        PROPOSE = "propose", "Repair, and wait for a planner"
        PUBLISH = "publish", "Repair, and publish inside the bounds"

    site = models.OneToOneField(Site, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.OFF)
    follows_grid = models.BooleanField(
        default=True,
        help_text="Whether a grid event starts a repair though the rest is off.",
    )
    quiet_s = models.PositiveSmallIntegerField(default=5)
    wait_s = models.PositiveSmallIntegerField(default=60)
    most_moved_racks = models.PositiveSmallIntegerField(default=5)
    most_late_cents = models.PositiveBigIntegerField(
        default=0, help_text="Lateness that a plan may add and publish itself."
    )
    changed_by = models.CharField(max_length=120)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A storm ends; whoever chose the policy is known."""

        constraints = [
            models.CheckConstraint(
                condition=Q(mode__in=["off", "propose", "publish"]),
                name="repair_policy_mode_known",
            ),
            models.CheckConstraint(
                condition=Q(wait_s__gte=F("quiet_s")), name="repair_policy_storm_ends"
            ),
            models.CheckConstraint(
                condition=Q(wait_s__lte=3_600), name="repair_policy_wait_range"
            ),
            models.CheckConstraint(
                condition=~Q(changed_by=""), name="repair_policy_has_author"
            ),
        ]

    def __str__(self) -> str:
        """Return site and mode."""
        return f"{self.site_id}: {self.mode}"

    def follows(self, is_grid: bool) -> bool:  # noqa: FBT001 - the one question
        """Return whether a fact, of the grid or not, starts a repair."""
        return self.mode != self.Mode.OFF or (is_grid and self.follows_grid)


class AutoRepair(models.Model):
    """One repair that facts started, however many they were.

    It gathers events while they come; then names the run that mends the plan, and what
    became of its proposal.
    """

    class State(models.TextChoices):
        """Life of an automatic repair."""

        GATHERING = "gathering", "Gathering"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waits for a planner"
        PUBLISHED = "published", "Published"
        DROPPED = "dropped", "Dropped"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.GATHERING)
    events = models.PositiveIntegerField(default=0)
    is_grid = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    cause = models.CharField(max_length=300)
    last_event = models.BigIntegerField()
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    why = models.CharField(max_length=300, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One gathers at a site; one that is over says when and why."""

        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(state="gathering"),
                name="auto_repair_one_gathers",
            ),
            models.CheckConstraint(
                condition=Q(events__gte=1), name="auto_repair_has_events"
            ),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("first_at")), name="auto_repair_time_runs"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["gathering", "running"], ended_at__isnull=True)
                | (
                    Q(state__in=["waiting", "published", "dropped"])
                    & Q(ended_at__isnull=False)
                    & ~Q(why="")
                ),
                name="auto_repair_over_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(run__isnull=False),
                name="auto_repair_running_has_run",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(publication__isnull=False),
                name="auto_repair_published_has_publication",
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"automatic repair {self.pk}"
