"""Rules: one fitting bay for a rack's whole stay, and a stay of limited length."""

from collections.abc import Iterator

from scheduling.engine.blocks import least_minutes
from scheduling.engine.problem import PowerClass, Session
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, RackPlan, Row, fault
from scheduling.engine.wording import duration, power


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every stay in a bay that does not fit, moves, or lasts too long."""
    for plan in case.plans:
        for row in plan.rows:
            if row.planned.bay and row.step.session is not Session.BAY:
                yield fault(
                    row, Rule.BAY, f"{row.name} needs no bay; the plan names one."
                )
        held = plan.held(Session.BAY)
        if held:
            yield from _one_bay(case, plan, held)
            yield from _fits(case, plan, held)
            yield from _stay(case, plan, held)


def _one_bay(case: Case, plan: RackPlan, held: tuple[Row, ...]) -> Iterator[Breach]:
    keys = {row.planned.bay for row in held}
    for key in sorted(keys - case.book.bays.keys()):
        yield fault(
            held[0],
            Rule.BAY,
            f"{plan.rack.key} needs a bay; the plan names {key or 'none'}.",
        )
    if len(keys) > 1:
        yield fault(
            held[0],
            Rule.BAY,
            f"{plan.rack.key} is planned in {len(keys)} bays; it keeps one.",
        )
    kept = plan.rack.progress.bay
    if kept and keys != {kept}:
        yield fault(
            held[0],
            Rule.FACT,
            f"{plan.rack.key} stands in bay {case.book.label_of(kept)}; the plan "
            "moves it.",
        )


def _fits(case: Case, plan: RackPlan, held: tuple[Row, ...]) -> Iterator[Breach]:
    for row in held:
        bay = case.book.bays.get(row.planned.bay)
        if bay is None:
            continue
        is_given = plan.rack.progress.bay or (row.pin and row.pin.bay)
        kind = BreachKind.INHERITED if is_given else BreachKind.MADE
        owner = case.book.owner_of(bay.key)
        if plan.template.key not in bay.models and row is held[0]:
            yield fault(
                row,
                Rule.BAY,
                f"Bay {bay.label} does not take {plan.template.label}.",
                kind=kind,
                limit=bay.label,
                owner=owner,
            )
        over = row.step.draw - bay.limit
        if over > 0:
            yield fault(
                row,
                Rule.BAY,
                f"Bay {bay.label}: {power(row.step.draw)} needed by {row.name}, "
                f"{power(bay.limit)} allowed.",
                kind=kind,
                amount=over,
                unit="W",
                limit=bay.label,
                owner=owner,
            )


def _stay(case: Case, plan: RackPlan, held: tuple[Row, ...]) -> Iterator[Breach]:
    progress = plan.rack.progress
    since = progress.bay_since if progress.bay else held[0].planned.start
    limit = case.book.problem.bay_stay_limit
    over = held[-1].planned.end - since - limit
    if over <= 0:
        return
    is_lost = bool(progress.bay) and (
        sum(_least(case, row) for row in held) - since > limit
    )
    yield fault(
        held[-1],
        Rule.BAY_STAY,
        f"{plan.rack.key} holds bay {case.book.label_of(held[0].planned.bay)} for "
        f"{duration(limit + over)}; {duration(limit)} is allowed.",
        kind=BreachKind.INHERITED if is_lost else BreachKind.MADE,
        amount=over,
        unit="min",
        limit="Bay stay",
        owner=case.book.owner_of(held[0].planned.bay),
    )


def _least(case: Case, row: Row) -> int:
    if row.step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
        return least_minutes(case.book.problem.soak, row.duration)
    return row.duration
