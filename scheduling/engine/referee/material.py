"""Rule: every part is pegged exactly, in time, and from no supply twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from scheduling.engine.problem import Rack, Supply, Template
from scheduling.engine.referee.breach import Breach, BreachKind, Rule
from scheduling.engine.referee.case import Case, RackPlan, Row
from scheduling.engine.schedule import Peg
from scheduling.engine.units import Minutes
from scheduling.engine.wording import duration, pieces


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every peg that is unknown, late or doubled, and every need not met."""
    pegs: defaultdict[str, list[Peg]] = defaultdict(list)
    taken: Counter[str] = Counter()
    for peg in case.schedule.pegs:
        pegs[peg.rack].append(peg)
        taken[peg.supply] += peg.quantity
    for plan in case.plans:
        yield from _one_rack(case, plan, pegs.pop(plan.rack.key, []))
    for rack in pegs:
        yield _fault(rack, f"{rack} is not planned and pegs parts.")
    for key, quantity in taken.items():
        supply = case.book.supplies.get(key)
        if supply and quantity > supply.quantity:
            yield _overdrawn(supply, quantity)


def needs(rack: Rack, template: Template) -> Counter[tuple[str, str]]:
    """Return the pieces to peg by ``(step, part)``: steps to come, less reserved."""
    first = rack.progress.done + (1 if rack.progress.running else 0)
    place = {step.code: index for index, step in enumerate(template.steps)}
    reserved = Counter(dict(rack.materials_reserved))
    found: Counter[tuple[str, str]] = Counter()
    for material in sorted(template.materials, key=lambda one: place[one.step]):
        if place[material.step] < first:
            continue
        kept = min(reserved[material.part], material.quantity)
        reserved[material.part] -= kept
        if material.quantity > kept:
            found[material.step, material.part] += material.quantity - kept
    return found


def _one_rack(case: Case, plan: RackPlan, pegs: list[Peg]) -> Iterator[Breach]:
    key = plan.rack.key
    if plan.is_left_out or not plan.rows:
        if pegs:
            yield _fault(key, f"{key} is not planned and pegs parts.")
        return
    rows = {row.planned.step: row for row in plan.rows}
    given: Counter[tuple[str, str]] = Counter()
    for peg in pegs:
        given[peg.step, peg.part] += peg.quantity
        yield from _one_peg(case, rows.get(peg.step), peg)
    needed = needs(plan.rack, plan.template)
    for step, part in sorted(needed.keys() | given.keys()):
        wanted, has = needed[step, part], given[step, part]
        if wanted != has:
            yield _fault(
                f"{key} {step}",
                f"{key} {step} is pegged {pieces(has)} of {part}; it needs {wanted:,}.",
                amount=abs(wanted - has),
            )


def _one_peg(case: Case, row: Row | None, peg: Peg) -> Iterator[Breach]:
    about = f"{peg.rack} {peg.step}"
    supply = case.book.supplies.get(peg.supply)
    if supply is None or supply.part != peg.part or peg.quantity < 1:
        yield _fault(
            about, f"{about}: {peg.supply} does not give {peg.quantity} of {peg.part}."
        )
    elif row and supply.available > row.planned.start:
        late = supply.available - row.planned.start
        yield Breach(
            kind=_late_kind(case, row, supply.part),
            rule=Rule.MATERIAL,
            object=about,
            limit=supply.label or supply.key,
            amount=late,
            unit="min",
            start=row.planned.start,
            end=supply.available,
            owner=supply.owner,
            sentence=f"{about} starts {case.clock.say(row.planned.start)}, "
            f"{duration(late)} before {peg.part} from {supply.label or supply.key} is "
            "usable." + (f" {supply.owner} answers for it." if supply.owner else ""),
        )


def _late_kind(case: Case, row: Row, part: str) -> BreachKind:
    """Return inherited when pinned steps up to then need more than is usable."""
    if not row.is_fixed:
        return BreachKind.MADE
    start = row.planned.start
    usable = sum(
        supply.quantity
        for supply in case.book.problem.supplies
        if supply.part == part and supply.available <= start
    )
    needed = 0
    for plan in case.plans:
        pinned = {
            other.planned.step
            for other in plan.rows
            if other.is_fixed and other.planned.start <= start
        }
        if pinned:
            wanted = needs(plan.rack, plan.template)
            needed += sum(wanted[step, part] for step in pinned)
    return BreachKind.INHERITED if needed > usable else BreachKind.MADE


def _overdrawn(supply: Supply, quantity: int) -> Breach:
    over = quantity - supply.quantity
    name = supply.label or supply.key
    return _fault(
        supply.key,
        f"{name}: {pieces(quantity)} pegged, {pieces(supply.quantity)} there."
        + (f" {supply.owner} answers for it." if supply.owner else ""),
        amount=over,
        limit=name,
        owner=supply.owner,
    )


def _fault(
    about: str,
    sentence: str,
    *,
    amount: int = 1,
    limit: str = "Material",
    owner: str = "",
) -> Breach:
    return Breach(
        kind=BreachKind.MADE,
        rule=Rule.MATERIAL,
        object=about,
        limit=limit,
        amount=amount,
        unit="pieces",
        start=Minutes(0),
        end=Minutes(0),
        owner=owner,
        sentence=sentence,
    )
