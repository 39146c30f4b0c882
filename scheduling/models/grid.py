"""What the grid asks for, what the contract allows, and what was shed to obey."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import Order, Site, Unit
from scheduling.models.plan import Plan

WATTS_MAX = 10**12


class GridEvent(models.Model):
    """A cap on the whole import of a site for a time, in watts.

    A curtailment binds as soon as it is announced. A subscription binds only while
    the utility's server is out of reach: it is what the site falls back to.
    """

    class State(models.TextChoices):
        """Life of a grid event."""

        ANNOUNCED = "announced", "Announced"
        CANCELLED = "cancelled", "Cancelled"
        ENDED = "ended", "Ended"

    class Kind(models.TextChoices):
        """Whether it binds at once or only while contact is lost."""

        CURTAILMENT = "curtailment", "Curtailment"
        SUBSCRIPTION = "subscription", "Subscription"

    class Source(models.TextChoices):
        """The door it came in by."""

        PAGE = "page", "Page"
        API = "api", "API"
        OPENADR = "openadr", "OpenADR"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    external_id = models.CharField(max_length=80, blank=True, default="")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CURTAILMENT)
    source = models.CharField(max_length=8, choices=Source, default=Source.API)
    program = models.CharField(max_length=128, blank=True, default="")
    priority = models.PositiveIntegerField(
        null=True, help_text="0 is the highest; none is the lowest."
    )
    stated_at = models.DateTimeField(
        null=True, help_text="When the utility last changed it, by its own clock."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cap_w = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    is_emergency = models.BooleanField(default=False)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """It ends; each external id is known once a site."""

        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="grid_event_start_before_end",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["curtailment", "subscription"]),
                name="grid_event_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["page", "api", "openadr"]),
                name="grid_event_source_known",
            ),
            models.CheckConstraint(
                condition=~Q(source="openadr") | Q(stated_at__isnull=False),
                name="grid_event_openadr_says_when",
            ),
            models.UniqueConstraint(
                fields=["site", "external_id"],
                condition=~Q(external_id=""),
                name="grid_event_external_id_unique",
            ),
        ]
        indexes = [models.Index(fields=["site", "ends_at"], name="grid_event_to_come")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def is_cancelled(self) -> bool:
        """Return whether it was called off."""
        return self.state == self.State.CANCELLED

    def state_until(self, ends_at: datetime) -> State:
        """Return the state of one that holds to a moment; one that ended stays so."""
        is_over = self.state == self.State.ENDED and ends_at <= self.ends_at
        return self.State.ENDED if is_over else self.State.ANNOUNCED


class GridContract(models.Model):
    """What a site's utility contract allows beyond the import itself.

    The contracted import is firm but for ``interruptible_w``, which the utility may
    take for ``curtailed_hours`` a year, at a lower price. Prices are whole US cents a
    kilowatt and month. An emergency alert that names no number means
    ``emergency_percent`` of the contracted import.
    """

    site = models.OneToOneField(Site, models.PROTECT, related_name="+")
    interruptible_w = models.PositiveBigIntegerField(default=0)
    interruptible_cents_per_kw_month = models.PositiveIntegerField(default=900)
    curtailed_hours = models.PositiveSmallIntegerField(default=40)
    notice_min = models.PositiveSmallIntegerField(default=30)
    emergency_percent = models.PositiveSmallIntegerField(default=60)
    cuts_function_tests = models.BooleanField(
        default=True,
        help_text="Whether function and fabric tests may pause at a tray boundary.",
    )

    class Meta:
        """Shares are shares; a year has 8,760 hours."""

        constraints = [
            models.CheckConstraint(
                condition=Q(emergency_percent__lte=100),
                name="grid_contract_emergency_range",
            ),
            models.CheckConstraint(
                condition=Q(curtailed_hours__lte=8_760),
                name="grid_contract_hours_range",
            ),
        ]

    def __str__(self) -> str:
        """Return the site's."""
        return f"grid contract of {self.site}"


def begins_a_month(day: date) -> None:
    """Refuse a day that begins no month.

    Raises:
        ValidationError: If it is not the first.
    """
    if day.day != 1:
        raise ValidationError("A month is told by its first day.")


class MeteredPeak(models.Model):
    """What a month was billed for, as the utility metered it; the ratchet looks back.

    ``month`` is its first day, ``peak_w`` the highest mean of an averaging window.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    month = models.DateField(validators=[begins_a_month], help_text="Its first day.")
    peak_w = models.PositiveBigIntegerField(validators=[MaxValueValidator(WATTS_MAX)])

    class Meta:
        """One peak a site and month."""

        ordering = ["site", "-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "month"], name="metered_peak_month_unique"
            )
        ]

    def __str__(self) -> str:
        """Return the month."""
        return f"{self.month:%Y-%m}"


class GridLink(models.Model):
    """The OpenADR server (VTN) a site's events are fetched from.

    The client's secret is not here: it is read from the environment by the site's code.
    """

    site = models.OneToOneField(Site, models.PROTECT, related_name="+")
    vtn_url = models.CharField(max_length=300)
    program = models.CharField(max_length=128, blank=True, default="")
    target = models.CharField(max_length=128, blank=True, default="")
    client_id = models.CharField(max_length=128)
    poll_every_s = models.PositiveIntegerField(default=30)
    lost_after_s = models.PositiveIntegerField(default=300)
    is_on = models.BooleanField(default=True)
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, default="")
    is_lost = models.BooleanField(default=False)

    class Meta:
        """It is asked again, and not more than once a second."""

        constraints = [
            models.CheckConstraint(
                condition=Q(poll_every_s__gte=1, poll_every_s__lte=86_400),
                name="grid_link_poll_range",
            ),
            models.CheckConstraint(
                condition=Q(lost_after_s__gte=F("poll_every_s")),
                name="grid_link_lost_after_a_poll",
            ),
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.vtn_url


class GridSeries(models.Model):
    """An hourly series of a grid: its load, its price or its carbon; never changed.

    ``values`` are whole numbers, one an hour from ``starts_at`` on: megawatts of load,
    cents a megawatt-hour, grams of CO2 a kilowatt-hour. The newest of a kind counts.
    """

    class Kind(models.TextChoices):
        """What the numbers are."""

        LOAD = "load", "Load"
        PRICE = "price", "Price"
        CARBON = "carbon", "Carbon"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    values = models.JSONField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Known kinds only."""

        ordering = ["site", "kind", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["load", "price", "carbon"]),
                name="grid_series_kind_known",
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class FlexibleCurve(models.Model):
    """What a flexible contract would allow, by simulation of a year; never changed.

    ``points`` has a row for each firm import tried: firm watts, curtailed hours and
    racks a week.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    series = models.ForeignKey(GridSeries, models.PROTECT, related_name="+")
    points = models.JSONField()
    seconds = models.FloatField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return the site's."""
        return f"flexible curve of {self.site_id}"


class Shed(models.Model):
    """One thing a plan in force gave up for the grid: what, when, by whose hand.

    ``saved_w`` is watts of site import, cooling included, at most at one time;
    ``delay_min`` how much later the rack ships than in the plan before.
    """

    class Action(models.TextChoices):
        """In the order in which they are taken."""

        HELD = "held", "Power-on held"
        DERATED = "derated", "Soak derated"
        PAUSED = "paused", "Soak paused"
        CUT = "cut", "Test paused at a tray"
        MOVED = "moved", "Moved to another hall"

    event = models.ForeignKey(GridEvent, models.PROTECT, related_name="sheds")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="+")
    rack = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    action = models.CharField(max_length=8, choices=Action)
    step = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    saved_w = models.PositiveBigIntegerField()
    delay_min = models.IntegerField(default=0)
    is_promise_broken = models.BooleanField(default=False)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One row an event, plan, rack and action; time runs forward."""

        ordering = ["event", "starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "plan", "rack", "action"], name="shed_unique"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="shed_start_before_end"
            ),
            models.CheckConstraint(
                condition=Q(action__in=["held", "derated", "paused", "cut", "moved"]),
                name="shed_action_known",
            ),
        ]

    def __str__(self) -> str:
        """Return what was done to which rack."""
        return f"{self.action} {self.rack_id}"
