"""A site's shifts and exceptions as windows of the engine's minutes."""

from dataclasses import dataclass

from factory.calendars import open_windows
from factory.models import Calendar, CalendarException, Shift, Site
from scheduling.clock import SiteClock
from scheduling.engine.units import MINUTES_PER_WEEK

Windows = tuple[tuple[int, int], ...]
"""Rising windows ``(start, end)`` in minutes that do not touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One calendar as people keep it.

    Attributes:
        key: Of the engine's calendar, such as ``calendar:test``.
        shifts: Weekly stretches of work.
        exceptions: Dates that are closed or open all day.
    """

    key: str
    shifts: tuple[Shift, ...]
    exceptions: tuple[CalendarException, ...]

    @property
    def open_share(self) -> float:
        """Return the share of an ordinary week that is open, 0 (never) to 1."""
        worked = sum(shift.end_min - shift.start_min for shift in self.shifts)
        return min(1.0, worked / MINUTES_PER_WEEK)

    def windows(self, clock: SiteClock, start: int, end: int) -> Windows:
        """Return when it is open within ``[start, end)``."""
        found = open_windows(
            self.shifts,
            self.exceptions,
            zone=clock.zone,
            between=(clock.moment(start), clock.moment(end)),
        )
        return tuple((clock.minute(opens), clock.minute(ends)) for opens, ends in found)


def read_weeks(site: Site) -> dict[int, Week]:
    """Return a site's calendars by primary key. Three queries."""
    calendars = (
        Calendar.objects.filter(site=site)
        .prefetch_related("shifts", "exceptions")
        .order_by("code")
    )
    return {
        calendar.pk: Week(
            key=f"calendar:{calendar.code}",
            shifts=tuple(calendar.shifts.all()),
            exceptions=tuple(calendar.exceptions.all()),
        )
        for calendar in calendars
    }
