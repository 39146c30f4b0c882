"""Clock time and the engine's minutes: the one way in and the one way out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from factory.reach import REACH
from scheduling.engine.units import MINUTES_PER_DAY, Minutes

QUARTER_MIN = 15
LAST_MINUTE_OF_DAY = MINUTES_PER_DAY - 1
"""A promise is a date; 23:59 local stands for it."""

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def quarter_of(at: datetime) -> datetime:
    """Return the clock-aligned quarter hour a moment lies in, in UTC."""
    moment = at.astimezone(UTC)
    return moment.replace(
        minute=moment.minute - moment.minute % QUARTER_MIN, second=0, microsecond=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClock:
    """Minutes since an epoch, told as clock time at a site and back.

    Attributes:
        epoch: Minute 0, in UTC.
        zone: The site's time zone.
    """

    epoch: datetime
    zone: ZoneInfo

    def minute(self, at: datetime) -> Minutes:
        """Return the minute a moment lies in; negative before the epoch."""
        return Minutes((at - self.epoch) // MINUTE)

    def minute_after(self, at: datetime) -> Minutes:
        """Return the first minute that begins at a moment or after it."""
        return Minutes(-((self.epoch - at) // MINUTE))

    def moment(self, minute: int) -> datetime:
        """Return the UTC moment at which a minute begins."""
        return self.epoch + minute * MINUTE

    def wall(self, day: date, minute_of_day: int) -> Minutes:
        """Return the minute in which a local wall clock shows a time of a day.

        Args:
            day: Local date.
            minute_of_day: Minutes the wall clock is past midnight; 1,440 and more reach
                into the next day. On the night clocks go forward a time that is left
                out counts as the moment it would have been; of a time shown twice the
                first counts.
        """
        naive = datetime.combine(day, time()) + minute_of_day * MINUTE
        return self.minute(naive.replace(tzinfo=self.zone))

    def end_of_day(self, day: date) -> Minutes:
        """Return the minute in which a local wall clock shows 23:59.

        A day further off than ``REACH``, either way, counts as one that far.
        """
        now = self.epoch.date()
        near = min(max(day, now - REACH), now + REACH)
        return self.wall(near, LAST_MINUTE_OF_DAY)

    def day_of(self, minute: int) -> date:
        """Return the local date of a minute."""
        return self.moment(minute).astimezone(self.zone).date()
