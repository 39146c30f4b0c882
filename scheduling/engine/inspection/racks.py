"""Which racks no plan can hold, and which limit says so."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from scheduling.engine.blocks import least_minutes, permille, share
from scheduling.engine.bounds.alone import Arrivals, alone
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import (
    Bay,
    PowerClass,
    Progress,
    Rack,
    Resource,
    Session,
    Step,
    Template,
)
from scheduling.engine.schedule import Unplannable
from scheduling.engine.wording import Clock, duration, people, pieces, power

Sign = tuple[str, Progress, tuple[tuple[str, int], ...]]
"""Model, progress and parts set aside: all that tells racks without pins apart but
their release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What each rack is looked at with.

    Attributes:
        book: The problem by key.
        arrivals: Supplies added up.
        clock: Says minutes.
        known: Answers already found, by model and steps to come.
        roomy: Signs of racks of which the one released last ends in time alone, so that
            those before it do, too.
    """

    book: Lookup
    arrivals: Arrivals
    clock: Clock
    known: dict[tuple[str, int, bool, str], Unplannable | None]
    roomy: Collection[Sign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One rack and what it has to do.

    Attributes:
        rack: The rack.
        template: Its routing.
        steps: Steps not yet begun, in order.
    """

    rack: Rack
    template: Template
    steps: tuple[Step, ...]


Check = Callable[[Desk, Subject], Unplannable | None]


def unplannable(desk: Desk, rack: Rack) -> Unplannable | None:
    """Return why no plan can hold a rack, or None if it may well be planned."""
    template = desk.book.templates.get(rack.template)
    if template is None:
        return _no(
            rack, "unknown_model", f"{rack.key}: its model {rack.template} is unknown."
        )
    wrong = _facts(desk, rack, template) or _pins(desk, rack, template)
    if wrong:
        return wrong
    progress = rack.progress
    first = progress.done + (1 if progress.running else 0)
    subject = Subject(rack=rack, template=template, steps=template.steps[first:])
    name = (template.key, progress.done, progress.running is not None, progress.bay)
    if name not in desk.known:
        desk.known[name] = _first(SHARED, desk, subject)
    found = desk.known[name]
    if found:
        # The reason is the model's; the sentence begins with whose it is.
        return _no(
            rack, found.code, found.sentence.replace(found.rack, rack.key), found.limit
        )
    if not rack.pins and sign_of(rack) in desk.roomy:
        return None
    return _first(OWN, desk, subject)


def sign_of(rack: Rack) -> Sign:
    """Return what a rack shares with all that are like it."""
    return rack.template, rack.progress, rack.materials_reserved


def roomy_signs(book: Lookup, arrivals: Arrivals) -> frozenset[Sign]:
    """Return the signs of racks that all end in time when alone.

    Of racks that are alike, none alone ends later than the one released last.
    """
    last: dict[Sign, Rack] = {}
    for rack in book.problem.racks:
        done = rack.progress.done
        template = book.templates.get(rack.template)
        if rack.pins or template is None or not 0 <= done <= len(template.steps):
            continue
        sign = sign_of(rack)
        if sign not in last or rack.release > last[sign].release:
            last[sign] = rack
    return frozenset(
        sign for sign, rack in last.items() if alone(book, arrivals, rack) is not None
    )


def _first(
    checks: tuple[Check, ...], desk: Desk, subject: Subject
) -> Unplannable | None:
    answers = (check(desk, subject) for check in checks)
    return next((answer for answer in answers if answer), None)


def _no(rack: Rack, code: str, sentence: str, limit: str = "") -> Unplannable:
    return Unplannable(rack=rack.key, code=code, sentence=sentence, limit=limit)


def _owned(resource: Resource) -> str:
    return f" {resource.owner} owns this limit." if resource.owner else ""


# What is said about one rack


def _facts(desk: Desk, rack: Rack, template: Template) -> Unplannable | None:
    progress, running = rack.progress, rack.progress.running
    count = len(template.steps)
    if not 0 <= progress.done <= count:
        return _no(
            rack,
            "bad_progress",
            f"{rack.key} has finished {progress.done} steps; {template.label} has "
            f"{count}.",
        )
    step = template.steps[progress.done] if progress.done < count else None
    if running and (
        step is None
        or running.step != step.code
        or running.started > 0
        or running.remaining < 1
    ):
        return _no(
            rack,
            "bad_progress",
            f"{rack.key}: {running.step} cannot be under way after {progress.done} "
            f"finished steps, since minute {running.started}, with "
            f"{running.remaining} min left.",
        )
    if running and step and step.session is Session.BAY and not progress.bay:
        return _no(
            rack, "bad_progress", f"{rack.key}: {step.code} is under way in no bay."
        )
    if progress.bay and progress.bay not in desk.book.bays:
        return _no(
            rack, "bad_progress", f"{rack.key} stands in bay {progress.bay}, unknown."
        )
    return None


def _pins(desk: Desk, rack: Rack, template: Template) -> Unplannable | None:
    codes = {step.code for step in template.steps}
    for pin in rack.pins:
        if (
            pin.step not in codes
            or (pin.bay and pin.bay not in desk.book.bays)
            or not 0 <= pin.start < desk.book.problem.horizon
        ):
            return _no(
                rack,
                "bad_pin",
                f"{rack.key}: the pin of {pin.step} to minute {pin.start:,}"
                f"{f' in bay {pin.bay}' if pin.bay else ''} cannot be read.",
                "frozen",
            )
    return None


# What holds for every rack of a model with the same steps to come


def _people(desk: Desk, subject: Subject) -> Unplannable | None:
    for step in subject.steps:
        crew = desk.book.resources[step.crew]
        hours = desk.book.hours_of(step.crew)
        horizon = desk.book.problem.horizon
        most = max(
            (
                value
                for start, end, value in crew.capacity.pieces(horizon)
                if hours.worked(end) > hours.worked(start)
            ),
            default=0,
        )
        if most < step.crew_eighths:
            return _no(
                subject.rack,
                "small_crew",
                f"{subject.rack.key} {step.code}: {people(step.crew_eighths)} of "
                f"{crew.label} needed, {people(most)} there.{_owned(crew)}",
                "people",
            )
        runs_through = step.power_class not in {
            PowerClass.SHIFT_BOUND,
            PowerClass.PREEMPTIVE_DERATABLE,
        }
        if runs_through and hours.longest < step.duration:
            return _no(
                subject.rack,
                "no_window",
                f"{subject.rack.key} {step.code} runs through for "
                f"{duration(step.duration)}; {crew.label} never works longer than "
                f"{duration(hours.longest)}.{_owned(crew)}",
                "shift",
            )
    return None


def _places(desk: Desk, subject: Subject) -> Unplannable | None:
    for step in subject.steps:
        keys = [step.extra] if step.extra else []
        if step.session is not Session.BAY:
            keys.append(step.place)
        for key in keys:
            place = desk.book.resources[key]
            if not place.capacity.highest():
                return _no(
                    subject.rack,
                    "no_place",
                    f"{subject.rack.key} {step.code}: {place.label} has no place."
                    f"{_owned(place)}",
                    "batching",
                )
    return None


def _bays(desk: Desk, subject: Subject) -> Unplannable | None:
    rack, template = subject.rack, subject.template
    held = [step for step in subject.steps if step.session is Session.BAY]
    if not held or rack.progress.bay:
        return None
    bays = [
        bay
        for bay in desk.book.problem.bays
        if template.key in bay.models and bay.capacity.highest()
    ]
    if not bays:
        return _no(rack, "no_bay", f"{rack.key}: no bay takes {template.label}.", "bay")
    strongest = max(bays, key=lambda bay: bay.limit)
    needy = max(held, key=lambda step: step.draw)
    if needy.draw > strongest.limit:
        return _no(
            rack,
            "bay_limit",
            f"{rack.key} {needy.code}: {power(needy.draw)} needed, the strongest bay "
            f"that takes {template.label} ({strongest.label}) allows "
            f"{power(strongest.limit)}.",
            "bay",
        )
    fitting = [bay for bay in bays if bay.limit >= needy.draw]
    walls = [_walls(desk, subject, bay) for bay in fitting]
    return walls[0] if all(walls) else None


def _walls(desk: Desk, subject: Subject, bay: Bay) -> Unplannable | None:
    """Return the limit above one bay that never allows what a step draws, if any."""
    rule = desk.book.problem.soak
    lowest = min(percent for percent, _ in rule.levels)
    rack, template = subject.rack, subject.template
    for step in subject.steps:
        if step.session is not Session.BAY:
            continue
        is_soak = step.power_class is PowerClass.PREEMPTIVE_DERATABLE
        draw = share(step.draw, lowest) if is_soak else step.draw
        needs = [(node, int(draw), "power") for node in bay.nodes]
        needs.append((bay.site, permille(draw, template.site_permille), "power"))
        needs.append((bay.loop, permille(draw, template.liquid_permille), "cooling"))
        for key, watts, word in needs:
            resource = desk.book.resources[key]
            most = resource.capacity.highest()
            if watts > most:
                return _no(
                    rack,
                    f"{word}_limit",
                    f"{rack.key} {step.code}: {power(watts)} needed, {resource.label} "
                    f"allows {power(most)} at most.{_owned(resource)}",
                    word,
                )
    return None


def _stay(desk: Desk, subject: Subject) -> Unplannable | None:
    rack = subject.rack
    if rack.progress.bay:
        return None
    rule = desk.book.problem.soak
    stay = sum(
        least_minutes(rule, step.duration)
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE
        else step.duration
        for step in subject.steps
        if step.session is Session.BAY
    )
    limit = desk.book.problem.bay_stay_limit
    if stay > limit:
        return _no(
            rack,
            "bay_stay",
            f"{rack.key} holds its bay for {duration(stay)} at least; "
            f"{duration(limit)} is allowed.",
            "bay",
        )
    return None


# What depends on the rack itself


def _material(desk: Desk, subject: Subject) -> Unplannable | None:
    rack, template = subject.rack, subject.template
    codes = {step.code for step in subject.steps}
    needs = dict.fromkeys(material.part for material in template.materials)
    reserved = dict(rack.materials_reserved)
    for part in needs:
        needed = sum(
            material.quantity
            for material in template.materials
            if material.part == part and material.step in codes
        ) - reserved.get(part, 0)
        if needed <= 0:
            continue
        when = desk.arrivals.when(part, needed)
        if when is None or when >= desk.book.problem.horizon:
            usable = desk.arrivals.until(part, desk.book.problem.horizon)
            return _no(
                rack,
                "no_material",
                f"{rack.key}: {pieces(needed)} of {part} needed, "
                + (
                    f"{usable:,} usable before the plan ends, the rest "
                    f"{desk.clock.say(when)}."
                    if when is not None
                    else f"{usable:,} in stock or promised."
                ),
                "material",
            )
    return None


def _alone(desk: Desk, subject: Subject) -> Unplannable | None:
    rack = subject.rack
    by_itself = alone(desk.book, desk.arrivals, rack)
    if by_itself is None:
        return _no(
            rack,
            "horizon",
            f"{rack.key}: even alone it ends after the plan does, "
            f"{desk.clock.say(desk.book.problem.horizon)}.",
            "shift",
        )
    pins = {pin.step: pin for pin in rack.pins}
    ready = max(0, rack.release) if rack.progress.done == 0 else 0
    was_fixed = True
    for step in by_itself.steps:
        pin = pins.get(step.step.code)
        if pin and step.is_fixed and not was_fixed and pin.start < ready:
            return _no(
                rack,
                "early_pin",
                f"{rack.key} {pin.step} is pinned to {desk.clock.say(pin.start)}; even "
                f"alone it cannot start before {desk.clock.say(ready)}.",
                "frozen",
            )
        ready, was_fixed = step.end, step.is_fixed
    return None


SHARED: tuple[Check, ...] = (_bays, _people, _places, _stay)
OWN: tuple[Check, ...] = (_material, _alone)
