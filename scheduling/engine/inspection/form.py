"""Is a problem well formed: known keys, sane rules, unbroken sessions."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduling.engine.blocks import FULL
from scheduling.engine.inspection.finding import Finding
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import (
    Problem,
    Resource,
    ResourceKind,
    Session,
    SoakRule,
    Step,
    Template,
)

QUARTER = 15
MOST_CAPACITY = 1_000_000_000
"""Watts, places or eighths of a person; no limit of a site is greater."""


def findings(book: Lookup, templates: Iterable[Template]) -> Iterator[Finding]:
    """Yield everything that makes a problem unreadable; templates are those in use."""
    yield from _time(book.problem)
    yield from _twice(book.problem)
    yield from _capacities(book.problem)
    yield from _soak(book.problem.soak)
    yield from _calendars(book)
    yield from _bays(book)
    for template in templates:
        yield from _template(book, template)


def _time(problem: Problem) -> Iterator[Finding]:
    try:
        epoch = datetime.fromisoformat(problem.epoch)
    except ValueError:
        yield _bad("epoch", f"The epoch {problem.epoch} is no ISO 8601 instant.")
    else:
        aware = epoch if epoch.tzinfo else epoch.replace(tzinfo=UTC)
        if aware.timestamp() % (QUARTER * 60):
            yield _bad(
                "epoch", f"The epoch {problem.epoch} is not on a quarter of an hour."
            )
    try:
        ZoneInfo(problem.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield _bad("zone", f"The time zone {problem.zone} is unknown.")
    if problem.horizon < 1:
        yield _bad("horizon", f"The horizon is {problem.horizon} minutes; at least 1.")


def _twice(problem: Problem) -> Iterator[Finding]:
    for name, keyed in (
        ("resource", problem.resources),
        ("calendar", problem.calendars),
        ("bay", problem.bays),
        ("model", problem.templates),
        ("supply", problem.supplies),
        ("rack", problem.racks),
    ):
        counts = Counter(one.key for one in keyed)
        for key in sorted(key for key, count in counts.items() if count > 1):
            yield Finding(
                code="key_twice",
                object=key,
                sentence=f"The key {key} stands for more than one {name}.",
            )


def _capacities(problem: Problem) -> Iterator[Finding]:
    for resource in problem.resources:
        most = resource.capacity.highest()
        if most > MOST_CAPACITY:
            yield _bad(
                resource.key,
                f"{resource.key} has a capacity of {most:,}; at most "
                f"{MOST_CAPACITY:,} can be planned with.",
            )


def _soak(rule: SoakRule) -> Iterator[Finding]:
    percents = [percent for percent, _ in rule.levels]
    is_sound = (
        rule.block >= 1
        and rule.resume >= 0
        and 0 <= rule.standby_percent <= FULL
        and bool(percents)
        and sorted(set(percents), reverse=True) == percents
        and all(
            1 <= percent <= FULL and minutes >= 1 for percent, minutes in rule.levels
        )
    )
    if not is_sound:
        yield _bad(
            "soak",
            f"The soak rule cannot be read: blocks of {rule.block} min, levels "
            f"{rule.levels}, standby {rule.standby_percent} %, resume "
            f"{rule.resume} min.",
        )


def _calendars(book: Lookup) -> Iterator[Finding]:
    for resource in book.problem.resources:
        if resource.kind is ResourceKind.CREW and resource.calendar not in book.hours:
            yield _unknown(
                resource.key, f"{resource.label}: calendar", resource.calendar
            )


def _bays(book: Lookup) -> Iterator[Finding]:
    for bay in book.problem.bays:
        for key, kind in (
            *((node, ResourceKind.NODE) for node in bay.nodes),
            (bay.site, ResourceKind.SITE),
            (bay.loop, ResourceKind.LOOP),
        ):
            yield from _is_kind(book, bay.key, f"Bay {bay.label}", key, kind)


def _template(book: Lookup, template: Template) -> Iterator[Finding]:
    codes = Counter(step.code for step in template.steps)
    for code in sorted(code for code, count in codes.items() if count > 1):
        yield Finding(
            code="key_twice",
            object=template.key,
            sentence=f"{template.label} has the step {code} more than once.",
        )
    for material in template.materials:
        if material.step not in codes:
            yield _unknown(
                template.key,
                f"{template.label}: the step that consumes {material.part},",
                material.step,
            )
    for step in template.steps:
        yield from _step(book, template, step)
    for session in (Session.STATION, Session.BAY):
        yield from _session(template, session)


def _step(book: Lookup, template: Template, step: Step) -> Iterator[Finding]:
    name = f"{template.label} {step.code}"
    yield from _is_kind(book, template.key, name, step.crew, ResourceKind.CREW)
    if step.session is not Session.BAY:
        yield from _is_kind(book, template.key, name, step.place, ResourceKind.PLACE)
        if step.draw:
            yield _bad(
                template.key,
                f"{name} draws {step.draw:,} W outside a bay; only bays give power.",
            )
    if step.extra:
        yield from _is_kind(book, template.key, name, step.extra, ResourceKind.PLACE)


def _session(template: Template, session: Session) -> Iterator[Finding]:
    held = [i for i, step in enumerate(template.steps) if step.session is session]
    if held and held[-1] - held[0] + 1 != len(held):
        between = next(
            step.code
            for step in template.steps[held[0] : held[-1]]
            if step.session is not session
        )
        yield _bad(
            template.key,
            f"{template.label}: {between} stands between two steps that hold one "
            f"{session} together.",
        )
    places = {template.steps[index].place for index in held}
    if session is Session.STATION and len(places) > 1:
        yield _bad(
            template.key,
            f"{template.label}: steps at one station name {len(places)} places, "
            f"{', '.join(sorted(places))}.",
        )


def _is_kind(
    book: Lookup, about: str, name: str, key: str, kind: ResourceKind
) -> Iterator[Finding]:
    found: Resource | None = book.resources.get(key)
    if found is None or found.kind is not kind:
        yield _unknown(about, f"{name}: {kind}", key)


def _unknown(about: str, name: str, key: str) -> Finding:
    return Finding(
        code="unknown_key",
        object=about,
        sentence=f"{name} {key or '(none)'} is unknown.",
    )


def _bad(about: str, sentence: str) -> Finding:
    return Finding(code="bad_value", object=about, sentence=sentence)
