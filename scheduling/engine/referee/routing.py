"""Rule: each rack is planned in all its remaining steps, or left out with a reason."""

from collections.abc import Iterator

from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, RackPlan, remaining_steps
from scheduling.engine.units import Minutes


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every rack that is unknown, half planned, planned twice or forgotten."""
    yield from _unknown(case)
    planned: dict[str, list[str]] = {}
    for step in case.schedule.steps:
        planned.setdefault(step.rack, []).append(step.step)
    for plan in case.plans:
        found = tuple(planned.get(plan.rack.key, ()))
        yield from _one_rack(plan, found)


def _one_rack(plan: RackPlan, found: tuple[str, ...]) -> Iterator[Breach]:
    key = plan.rack.key
    if plan.is_left_out:
        if found:
            yield _fault(key, f"{key} is listed as unplannable and planned as well.")
        return
    expected = tuple(step.code for step in remaining_steps(plan.rack, plan.template))
    if found == expected:
        return
    if not found:
        yield _fault(key, f"{key} is neither planned nor listed as unplannable.")
        return
    for code in dict.fromkeys((*expected, *found)):
        wanted, given = expected.count(code), found.count(code)
        if wanted != given:
            yield _fault(
                f"{key} {code}",
                f"{key} {code} is planned {given} times, {wanted} needed.",
            )
    if sorted(found) == sorted(expected):
        yield _fault(key, f"{key}: its steps do not stand in the routing's order.")


def _unknown(case: Case) -> Iterator[Breach]:
    seen: set[str] = set()
    for entry in case.schedule.unplannable:
        if entry.rack not in case.book.racks:
            yield _fault(entry.rack, f"{entry.rack} is not a rack of this problem.")
        if entry.rack in seen:
            yield _fault(entry.rack, f"{entry.rack} is listed as unplannable twice.")
        seen.add(entry.rack)
    planned = dict.fromkeys(step.rack for step in case.schedule.steps)
    for key in planned:
        if key not in case.book.racks:
            yield _fault(key, f"{key} is not a rack of this problem.")
    for rack in case.book.racks.values():
        is_known = rack.template in case.book.templates
        if not is_known and (rack.key in planned or rack.key not in seen):
            yield _fault(rack.key, f"{rack.key}: its model {rack.template} is unknown.")


def _fault(about: str, sentence: str) -> Breach:
    return Breach(
        kind=BreachKind.MADE,
        rule=Rule.ROUTING,
        object=about,
        limit="Routing",
        amount=1,
        unit="count",
        start=Minutes(0),
        end=Minutes(0),
        owner="",
        sentence=sentence,
    )
