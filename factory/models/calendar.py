"""When people work, and when something is out of service."""

from django.db import models
from django.db.models import F, Q

from factory.models.site import Crew, Site, WorkCentre


class Calendar(models.Model):
    """A week of shifts with dated exceptions, in the site's zone."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="calendars")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)

    class Meta:
        """One calendar a site and code."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "code"], name="calendar_code_unique"
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Shift(models.Model):
    """One weekly stretch of work; minutes from local midnight, may run past it."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="shifts")
    name = models.CharField(max_length=40)
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday.")
    start_min = models.PositiveSmallIntegerField()
    end_min = models.PositiveSmallIntegerField()

    class Meta:
        """A shift begins on its day and lasts at most a day."""

        ordering = ["calendar", "weekday", "start_min"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6), name="shift_weekday_range"
            ),
            models.CheckConstraint(
                condition=Q(start_min__lt=1440, end_min__gt=F("start_min"))
                & Q(end_min__lte=F("start_min") + 1440),
                name="shift_start_before_end",
            ),
        ]

    def __str__(self) -> str:
        """Return the name and weekday."""
        return f"{self.name} {self.weekday}"


class CalendarException(models.Model):
    """A date on which the calendar is closed all day, or open all day."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="exceptions")
    date = models.DateField()
    is_open = models.BooleanField(default=False)
    reason = models.CharField(max_length=120)

    class Meta:
        """One exception a date."""

        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"], name="calendar_exception_unique"
            )
        ]

    def __str__(self) -> str:
        """Return date and reason."""
        return f"{self.date} {self.reason}"


class Outage(models.Model):
    """A time in which one thing gives less than it should, or nothing.

    Exactly one target is set. ``remaining`` is what is left in the target's own unit
    (bay: 0; node and loop: watts; work centre: places; crew: people).
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="outages")
    bay = models.ForeignKey(
        "factory.PowerBay", models.PROTECT, null=True, blank=True, related_name="+"
    )
    node = models.ForeignKey(
        "factory.PowerNode", models.PROTECT, null=True, blank=True, related_name="+"
    )
    loop = models.ForeignKey(
        "factory.CoolingLoop", models.PROTECT, null=True, blank=True, related_name="+"
    )
    work_centre = models.ForeignKey(
        WorkCentre, models.PROTECT, null=True, blank=True, related_name="+"
    )
    crew = models.ForeignKey(
        Crew, models.PROTECT, null=True, blank=True, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    remaining = models.PositiveBigIntegerField(default=0)
    reason = models.CharField(max_length=160)

    class Meta:
        """An outage ends, and is about one thing."""

        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="outage_start_before_end"
            ),
            models.CheckConstraint(
                condition=(
                    Q(bay__isnull=False, node__isnull=True, loop__isnull=True)
                    & Q(work_centre__isnull=True, crew__isnull=True)
                )
                | (
                    Q(bay__isnull=True, node__isnull=False, loop__isnull=True)
                    & Q(work_centre__isnull=True, crew__isnull=True)
                )
                | (
                    Q(bay__isnull=True, node__isnull=True, loop__isnull=False)
                    & Q(work_centre__isnull=True, crew__isnull=True)
                )
                | (
                    Q(bay__isnull=True, node__isnull=True, loop__isnull=True)
                    & Q(work_centre__isnull=False, crew__isnull=True)
                )
                | (
                    Q(bay__isnull=True, node__isnull=True, loop__isnull=True)
                    & Q(work_centre__isnull=True, crew__isnull=False)
                ),
                name="outage_one_target",
            ),
        ]

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason
