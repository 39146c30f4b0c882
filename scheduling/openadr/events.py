"""OpenADR 3.1 events into caps on a site's import: pure, no database, no network.

Known are ``IMPORT_CAPACITY_LIMIT``, ``IMPORT_CAPACITY_SUBSCRIPTION`` and
``ALERT_GRID_EMERGENCY``; whatever else an event carries is named and left aside.
Source: OpenADR 3.1, Definition and User Guide, "event", "interval", "intervalPeriod".
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduling.errors import OpenAdrError
from scheduling.openadr.times import LONGEST, duration, moment

LIMIT = "IMPORT_CAPACITY_LIMIT"
SUBSCRIPTION = "IMPORT_CAPACITY_SUBSCRIPTION"
EMERGENCY = "ALERT_GRID_EMERGENCY"
KNOWN = (LIMIT, SUBSCRIPTION, EMERGENCY)
UNITS = {"W": 1, "KW": 1_000, "MW": 1_000_000}
MOST_W = 10**12
MOST_INTERVALS = 500
ID_MOST, NAME_MOST = 64, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One stretch of an event.

    Attributes:
        start: Aware, UTC.
        end: Later than start.
        cap_w: Most watts of import; None where an alert names no number.
        is_subscription: Whether it binds only while contact is lost.
        is_emergency: Whether it comes with an alert.
    """

    start: datetime
    end: datetime
    cap_w: int | None
    is_subscription: bool
    is_emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one event says to one site.

    Attributes:
        key: The event's id, short enough for a column.
        name: For people.
        program: The program it belongs to.
        priority: 0 is the highest; None the lowest.
        stated_at: When it was last changed, by the server's clock.
        targets: Who is meant; empty: everybody in the program.
        windows: In order of time; empty where it carries nothing known.
        unknown: Payload types that were left aside.
    """

    key: str
    name: str
    program: str
    priority: int | None
    stated_at: datetime
    targets: tuple[str, ...]
    windows: tuple[Window, ...]
    unknown: tuple[str, ...]


def read_event(body: object, *, site: str, now: datetime) -> Statement:
    """Return what an event says.

    Args:
        body: Parsed JSON.
        site: The site's code; with the event's id it decides a randomised start, so
            that the same event read twice starts at the same moment.
        now: What "at once" means in an event that does not say when it was written.

    Raises:
        OpenAdrError: If it cannot be read; names the field, the value and what is
            allowed. Nothing else is raised, whatever the body is.
    """
    event = _mapping(body, "event")
    key = _text(event, "id", most=200)
    written = event.get("modificationDateTime") or event.get("createdDateTime")
    stated_at = now if written is None else moment(written, "modified", at_once=now)
    windows, unknown = _windows(event, stated_at)
    shift = _shift(event, key, site)
    return Statement(
        key=key_of(key),
        name=_name(event, key),
        program=_text(event, "programID", most=128),
        priority=_priority(event.get("priority")),
        stated_at=stated_at,
        targets=tuple(_targets(event.get("targets"))),
        windows=tuple(_merged([_shifted(one, shift) for one in windows])),
        unknown=tuple(sorted(unknown)),
    )


def key_of(identity: str) -> str:
    """Return an event's id, or a digest of one too long for a column."""
    if len(identity) <= ID_MOST:
        return identity
    return hashlib.sha256(identity.encode(errors="replace")).hexdigest()


def _windows(
    event: Mapping[str, Any], at_once: datetime
) -> tuple[list[Window], set[str]]:
    """Return an event's stretches in order of time, and what was left aside."""
    intervals = event.get("intervals")
    if not isinstance(intervals, list) or not intervals:
        raise OpenAdrError("intervals", intervals, "a list of at least one interval")
    if len(intervals) > MOST_INTERVALS:
        raise OpenAdrError(
            "intervals", len(intervals), f"at most {MOST_INTERVALS} intervals"
        )
    scales = _scales(event.get("payloadDescriptors"))
    period = event.get("intervalPeriod")
    start, length = None, None
    if period is not None:
        start, length = _period(_mapping(period, "intervalPeriod"), at_once)
    found: list[Window] = []
    unknown: set[str] = set()
    for number, raw in enumerate(intervals):
        interval = _mapping(raw, f"intervals/{number}")
        began, lasts = start, length
        own = interval.get("intervalPeriod")
        if own is not None:
            where = f"intervals/{number}/intervalPeriod"
            began, lasts = _period(_mapping(own, where), at_once)
        if began is None or lasts is None:
            raise OpenAdrError(
                f"intervals/{number}", "no intervalPeriod", "a start and a duration"
            )
        end = began + lasts
        found += _read_interval(interval, number, (began, end), scales, unknown)
        if own is None:
            start = end
    return sorted(found, key=lambda one: (one.start, one.end)), unknown


def _period(period: Mapping[str, Any], at_once: datetime) -> tuple[datetime, timedelta]:
    """Return start and length of an interval period; without length: for ever."""
    start = moment(period.get("start"), "intervalPeriod/start", at_once=at_once)
    raw = period.get("duration")
    length = LONGEST if raw is None else duration(raw, "intervalPeriod/duration")
    if length <= timedelta(0):
        raise OpenAdrError("intervalPeriod/duration", raw, "longer than nothing")
    return start, length


def _read_interval(
    interval: Mapping[str, Any],
    number: int,
    span: tuple[datetime, datetime],
    scales: Mapping[str, int],
    unknown: set[str],
) -> Iterator[Window]:
    """Yield what one interval caps; note payload types that are not known."""
    payloads = interval.get("payloads")
    where = f"intervals/{number}/payloads"
    if not isinstance(payloads, list):
        raise OpenAdrError(where, payloads, "a list of payloads")
    caps: dict[str, int] = {}
    is_emergency = False
    for payload in payloads:
        kind = _text(_mapping(payload, where), "type", most=128)
        if kind == EMERGENCY:
            is_emergency = True
        elif kind in KNOWN:
            caps[kind] = _watts(payload.get("values"), scales.get(kind, 1_000), where)
        else:
            unknown.add(kind)
    start, end = span
    if LIMIT in caps or is_emergency:
        yield Window(
            start=start,
            end=end,
            cap_w=caps.get(LIMIT),
            is_subscription=False,
            is_emergency=is_emergency,
        )
    if SUBSCRIPTION in caps:
        yield Window(
            start=start,
            end=end,
            cap_w=caps[SUBSCRIPTION],
            is_subscription=True,
            is_emergency=False,
        )


def _watts(values: object, scale: int, where: str) -> int:
    """Return one number of watts.

    Raises:
        OpenAdrError: If it is not exactly one number from 0 to a terawatt.
    """
    number = values[0] if isinstance(values, list) and len(values) == 1 else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise OpenAdrError(where, values, "one number of kilowatts")
    if not math.isfinite(number) or not 0 <= number <= MOST_W / scale:
        raise OpenAdrError(where, values, "from 0 to a terawatt")
    return math.floor(number * scale)


def _scales(descriptors: object) -> dict[str, int]:
    """Return watts in a unit by payload type; kilowatts where nothing is said."""
    if descriptors is None:
        return {}
    if not isinstance(descriptors, list):
        raise OpenAdrError("payloadDescriptors", descriptors, "a list")
    found: dict[str, int] = {}
    for raw in descriptors:
        one = _mapping(raw, "payloadDescriptors")
        kind, units = one.get("payloadType"), one.get("units")
        if kind not in KNOWN or units is None:
            continue
        if not isinstance(units, str) or units.upper() not in UNITS:
            raise OpenAdrError("payloadDescriptors/units", units, "W, KW or MW")
        found[str(kind)] = UNITS[units.upper()]
    return found


def _shift(event: Mapping[str, Any], key: str, site: str) -> timedelta:
    """Return by how much a randomised start is late, the same each time it is read."""
    period = event.get("intervalPeriod")
    raw = period.get("randomizeStart") if isinstance(period, dict) else None
    if raw is None:
        return timedelta(0)
    most = duration(raw, "intervalPeriod/randomizeStart")
    drawn = int.from_bytes(hashlib.sha256(f"{site}:{key}".encode()).digest()[:8], "big")
    return timedelta(seconds=drawn % (int(most.total_seconds()) + 1))


def _shifted(window: Window, by: timedelta) -> Window:
    return Window(
        start=window.start + by,
        end=window.end + by,
        cap_w=window.cap_w,
        is_subscription=window.is_subscription,
        is_emergency=window.is_emergency,
    )


def _merged(windows: Sequence[Window]) -> Iterator[Window]:
    """Yield windows, those that adjoin and say the same as one."""
    open_: dict[bool, Window] = {}
    for window in windows:
        last = open_.get(window.is_subscription)
        is_same = last is not None and (last.end, last.cap_w, last.is_emergency) == (
            window.start,
            window.cap_w,
            window.is_emergency,
        )
        if last is not None and not is_same:
            yield last
        start = last.start if last is not None and is_same else window.start
        open_[window.is_subscription] = Window(
            start=start,
            end=window.end,
            cap_w=window.cap_w,
            is_subscription=window.is_subscription,
            is_emergency=window.is_emergency,
        )
    yield from open_.values()


def _targets(targets: object) -> Iterator[str]:
    """Yield targets: plain strings in 3.1, objects with values in 3.0."""
    if targets is None:
        return
    if not isinstance(targets, list):
        raise OpenAdrError("targets", targets, "a list")
    for target in targets:
        if isinstance(target, str):
            yield target
            continue
        values = target.get("values") if isinstance(target, dict) else None
        if not isinstance(values, list):
            raise OpenAdrError("targets", target, "a list of names")
        yield from (str(value) for value in values)


def _priority(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise OpenAdrError("priority", value, "a whole number from 0")
    return value


def _name(event: Mapping[str, Any], key: str) -> str:
    name = event.get("eventName")
    if name is None or name == "":
        return f"Grid event {key}"[:NAME_MOST]
    return _text(event, "eventName", most=10_000)[:NAME_MOST]


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise OpenAdrError(field, value, "an object")
    return value


def _text(event: Mapping[str, Any], field: str, *, most: int) -> str:
    value = event.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise OpenAdrError(field, value, f"text of 1 to {most} characters")
    if "\0" in value or not value.isprintable():
        raise OpenAdrError(field, value, "printable text")
    return value
