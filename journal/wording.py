"""How Rackline words numbers, dates, states and limits, for pages, drawings and mails.

A value in, the words a person reads out, in the active language: English unless a page
is somebody else's. Unknown is a dash, never 0. A number and its unit are joined by a
no-break space (U+00A0), so that they never part at the end of a line.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_noop as _

UNKNOWN: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"
JOINT: Final = "\u00a0"

_DAYS: Final = (
    _("Mon"),
    _("Tue"),
    _("Wed"),
    _("Thu"),
    _("Fri"),
    _("Sat"),
    _("Sun"),
)
_MONTHS: Final = (
    _("Jan"),
    _("Feb"),
    _("Mar"),
    _("Apr"),
    _("May"),
    _("Jun"),
    _("Jul"),
    _("Aug"),
    _("Sep"),
    _("Oct"),
    _("Nov"),
    _("Dec"),
)
_MINUTES_AN_HOUR: Final = 60
_MINUTES_A_DAY: Final = 1440
_HOURS_BEFORE_DAYS: Final = 72
_DAYS_NAMED_BY_WEEKDAY: Final = 6
_ROUNDS_TO_THOUSAND: Final = 999.5


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How one state is shown: never by colour alone.

    Attributes:
        mood: The colour: good, watch, bad, info or idle.
        glyph: The shape in the icon sprite, without its "status-" prefix.
        word: The word beside the shape.
    """

    mood: str
    glyph: str
    word: str


@dataclass(frozen=True, slots=True)
class LimitLook:
    """How one binding limit is shown.

    Attributes:
        colour: The value of data-limit, one of the limit colours in tokens.css.
        word: The word beside the square.
    """

    colour: str
    word: str


def _looks(mood: str, glyph: str, **words: str) -> dict[str, StatusLook]:
    return {key: StatusLook(mood, glyph, word) for key, word in words.items()}


STATUSES: Final[dict[str, StatusLook]] = {
    # The moods themselves, and the levels of a message after a form.
    **_looks("good", "good", good=_("Kept"), success=_("Done")),
    **_looks("watch", "watch", watch=_("At risk"), warning=_("Look here")),
    **_looks("bad", "bad", bad=_("Broken")),
    **_looks("info", "info", info="Running"),
    **_looks("idle", "idle", idle=_("Not answered"), debug=_("Note")),
    **_looks("idle", "held", held="On hold"),
    # Promises and what became of them.
    **_looks(
        "good", "good", kept=_("Kept"), on_time=_("On time"), received=_("Received")
    ),
    **_looks(
        "watch", "watch", at_risk="At risk", moved=_("Moved"), in_doubt="In doubt"
    ),
    **_looks("bad", "bad", broken=_("Broken"), late=_("Late"), breaks="Breaks"),
    # The supplier's ledger.
    **_looks(
        "idle", "idle", requested=_("Not answered"), new=_("New"), closed=_("Closed")
    ),
    **_looks("idle", "idle", acknowledged=_("Acknowledged"), cancelled=_("Cancelled")),
    **_looks("info", "info", committed=_("Committed"), shipped=_("Shipped")),
    **_looks("bad", "bad", rejected=_("Rejected"), decommitted=_("Decommitted")),
    **_looks("idle", "unknown", cannot_say=_("Cannot say yet"), unknown="Unknown"),
    **_looks("idle", "held", on_hold=_("On hold"), paused="Paused"),
    # Mails.
    **_looks("bad", "bad", bounced="Bounced"),
    **_looks("watch", "watch", unopened="Not opened"),
    **_looks("info", "info", sent="Sent"),
    **_looks("good", "good", opened="Opened"),
    # Runs and plans.
    **_looks("idle", "idle", queued="Queued", draft="Draft", expired="Expired"),
    **_looks("info", "info", running="Running", cancelling="Stopping"),
    **_looks("good", "good", succeeded="Done", done="Done", published="Published"),
    **_looks("good", "good", proved="Proved", optimal="Proved best"),
    **_looks("bad", "bad", failed="Failed", infeasible="Impossible", error="Error"),
    **_looks("bad", "bad", unplannable="Unplannable", inherited="Inherited breach"),
    **_looks("watch", "watch", stale="Stale", lost="Lost", superseded="Superseded"),
    # Changes of orders.
    **_looks("watch", "watch", proposed="Asked for"),
    **_looks("good", "good", granted="Granted"),
    **_looks("bad", "bad", refused="Refused"),
    # Webhooks and what they carry.
    **_looks("good", "good", delivered="Delivered"),
    **_looks("bad", "bad", given_up="Given up", disabled="Off"),
    **_looks("watch", "watch", failing="Failing"),
    # Racks and their steps.
    **_looks("idle", "idle", planned="Planned", waiting="Waiting", open="Open"),
    **_looks("info", "info", ready="Ready", started="Started", in_progress="Running"),
    **_looks("good", "good", passed="Passed", finished="Finished", active="Active"),
    **_looks("bad", "bad", scrapped="Scrapped", blocked="Blocked"),
    **_looks("idle", "frozen", frozen="Frozen", pinned="Pinned", inactive="Inactive"),
}

LIMITS: Final[dict[str, LimitLook]] = {
    "physics": LimitLook("physics", "Physics"),
    "work": LimitLook("physics", "Work"),
    "material": LimitLook("material", "Material"),
    "bay": LimitLook("bay", "Bay"),
    "station": LimitLook("bay", "Station"),
    "work_centre": LimitLook("bay", "Work centre"),
    "cart": LimitLook("bay", "Cart"),
    "power": LimitLook("power", "Power"),
    "curtailment": LimitLook("curtailment", "Curtailment"),
    "cooling": LimitLook("cooling", "Cooling"),
    "people": LimitLook("people", "People"),
    "crew": LimitLook("people", "Crew"),
    "shift": LimitLook("shift", "Shift calendar"),
    "outage": LimitLook("shift", "Outage"),
    "answer": LimitLook("answer", "Answer"),
    "approval": LimitLook("answer", "Approval"),
    "release": LimitLook("answer", "Release"),
    "freight": LimitLook("freight", "Freight"),
    "transit": LimitLook("freight", "Transit"),
    "rework": LimitLook("rework", "Rework"),
    "quality": LimitLook("quality", "Quality hold"),
    "batching": LimitLook("batching", "Batching"),
    "frozen": LimitLook("frozen", "Frozen"),
    "pinned": LimitLook("frozen", "Pinned"),
}


def status_look(status: str) -> StatusLook:
    """Say how a state is shown; one that is not listed shows its own word, in grey."""
    key = status.lower()
    return STATUSES.get(key) or StatusLook("idle", "idle", _spoken(key))


def limit_look(limit: str) -> LimitLook:
    """Say how a limit is shown; one not listed shows its own word, in warm grey."""
    key = limit.lower()
    return LIMITS.get(key) or LimitLook("batching", _spoken(key))


def initials(name: str) -> str:
    """Give a person's one or two initials."""
    return "".join(part[0] for part in name.replace("-", " ").split()[:2]).upper()


def grouped(number: float | None, decimals: int = 0) -> str:
    """Group thousands by commas and use the true minus: "1,284"."""
    if number is None:
        return UNKNOWN
    return f"{number:,.{decimals}f}".replace("-", MINUS)


def kw(watts: int | None) -> str:
    """Word a power in watts as kilowatts: "4,500 kW"; below 10 kW with one decimal."""
    if watts is None:
        return UNKNOWN
    return f"{_short(watts / 1000, 10)}{JOINT}kW"


def megawatts(watts: int | None) -> str:
    """Word a power in watts as megawatts with one decimal: "84.1 MW"."""
    return UNKNOWN if watts is None else f"{grouped(watts / 1e6, 1)}{JOINT}MW"


def percent(share: float | None, decimals: int = 0) -> str:
    """Word a share, where 1 is all, as per cent: "99 %"."""
    return UNKNOWN if share is None else f"{grouped(share * 100, decimals)}{JOINT}%"


def money(cents: int | None) -> str:
    """Word an exact amount in cents for tables: "$1,180", "$12.50"."""
    if cents is None:
        return UNKNOWN
    sign = MINUS if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars:,}" + (f".{rest:02d}" if rest else "")


def money_short(cents: int | None) -> str:
    """Word an amount in cents for strips and sentences: "$162 k", "$1.02 M"."""
    if cents is None:
        return UNKNOWN
    dollars = abs(cents) / 100
    sign = MINUS if cents < 0 else ""
    if dollars < _ROUNDS_TO_THOUSAND:
        return f"{sign}${dollars:,.0f}"
    if dollars < _ROUNDS_TO_THOUSAND * 1000:
        return f"{sign}${_three_digits(dollars / 1e3)}{JOINT}k"
    return f"{sign}${_three_digits(dollars / 1e6)}{JOINT}M"


def duration(minutes: float | None) -> str:
    """Word a duration in minutes: "38 min", "2.5 h", "26 h" to 72 h, then "4.6 d"."""
    if minutes is None:
        return UNKNOWN
    size = abs(minutes)
    sign = MINUS if minutes < 0 else ""
    if size < _MINUTES_AN_HOUR:
        return f"{sign}{size:.0f}{JOINT}min"
    if size <= _HOURS_BEFORE_DAYS * _MINUTES_AN_HOUR:
        return f"{sign}{_short(size / _MINUTES_AN_HOUR, 10)}{JOINT}h"
    return f"{sign}{_short(size / _MINUTES_A_DAY, 1e9)}{JOINT}d"


def signed_duration(minutes: float | None) -> str:
    """Word a change in minutes with its sign: "+26 h", "0 h"."""
    if minutes is None:
        return UNKNOWN
    if minutes == 0:
        return f"0{JOINT}h"
    return ("+" if minutes > 0 else "") + duration(minutes)


def signed_days(days: float | None) -> str:
    """Word a change in days with its sign: "+4 d", "0 d"."""
    if days is None:
        return UNKNOWN
    words = _short(days, 1e9)
    return f"{'+' if days > 0 and words != '0' else ''}{words}{JOINT}d"


def promise_date(day: date | None, today: date) -> str:
    """Word a promise, which is a date: "Fri 11 Dec"; another year is named."""
    if day is None:
        return UNKNOWN
    return gettext("%(weekday)s %(date)s") % {
        "weekday": gettext(_DAYS[day.weekday()]),
        "date": column_date(day, today),
    }


def column_date(day: date | None, today: date) -> str:
    """Word a promise in a column, without its weekday: "11 Dec"."""
    if day is None:
        return UNKNOWN
    return _column_words(day, day.year == today.year, get_language())


@lru_cache(maxsize=4_096)
def _column_words(day: date, is_this_year: bool, _language: str | None) -> str:  # noqa: FBT001
    """Word a date in the active language; a file of rows says few dates many times."""
    words = gettext("%(day)s %(month)s") % _parts(day)
    words = words.replace(" ", JOINT)
    if is_this_year:
        return words
    return gettext("%(date)s %(year)s") % {"date": words, "year": day.year}


def full_date(day: date) -> str:
    """Word a date with its year, for sentences: "7 Dec 2026"."""
    return gettext("%(day)s %(month)s %(year)s") % _parts(day)


def _parts(day: date) -> dict[str, str]:
    """Return what a date is worded from."""
    return {
        "day": str(day.day),
        "month": gettext(_MONTHS[day.month - 1]),
        "year": str(day.year),
    }


def moment(at: datetime | None, now: datetime, zone: tzinfo) -> str:
    """Word a planned moment: "Thu 05:00" inside six days, else "Thu 3 Dec, 05:00".

    Args:
        at: Aware.
        now: Aware; what counts as "inside six days" and as this year.
        zone: The site's, or in a portal the reader's.
    """
    if at is None:
        return UNKNOWN
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    ahead = local.date() - today
    clock = f"{local:%H:%M}"
    if timedelta(0) <= ahead < timedelta(days=_DAYS_NAMED_BY_WEEKDAY):
        return f"{gettext(_DAYS[local.weekday()])}{JOINT}{clock}"
    return f"{promise_date(local.date(), today)}, {clock}"


def age(at: datetime | None, now: datetime, zone: tzinfo) -> str:
    """Word how long ago something was: "38 min", "5 h", "yesterday", "3 d".

    Args:
        at: Aware; a moment yet to come counts as just now.
        now: Aware.
        zone: Whose midnight makes yesterday.
    """
    if at is None:
        return UNKNOWN
    passed = (now - at) // timedelta(minutes=1)
    if passed < 1:
        return "just now"
    if passed < _MINUTES_AN_HOUR:
        return f"{passed}{JOINT}min"
    nights = (now.astimezone(zone).date() - at.astimezone(zone).date()).days
    if nights == 0 or passed < 12 * _MINUTES_AN_HOUR:
        return f"{passed // _MINUTES_AN_HOUR}{JOINT}h"
    return "yesterday" if nights == 1 else f"{nights}{JOINT}d"


def counted(number: int, one: str, many: str = "") -> str:
    """Word a count with its noun: "1 rack", "3 racks", "2 parties".

    A catalogue has such a count as ``%(number)s rack`` and ``%(number)s racks``.
    """
    words = ngettext(
        f"%(number)s {one}",
        f"%(number)s {many or one + 's'}",
        number,
    )
    return (words % {"number": grouped(number)}).replace(" ", JOINT, 1)


def _short(number: float, whole_from: float) -> str:
    """Keep one decimal where it says something: not from whole_from up, not .0."""
    decimals = 0 if abs(number) >= whole_from else 1
    words = grouped(number, decimals).removesuffix(".0")
    return "0" if words == f"{MINUS}0" else words


def _three_digits(number: float) -> str:
    """Keep three digits of a positive number, and no zeros behind its point."""
    if number >= 100:  # noqa: PLR2004 - three digits before the point
        return grouped(number)
    words = grouped(number, 1 if number >= 9.995 else 2)  # noqa: PLR2004 - as rounded
    return words.rstrip("0").removesuffix(".")


def _spoken(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").capitalize()
