"""A schedule becomes a plan: proved first, then written in one go, or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from factory.models import Site
from journal.services import record
from scheduling.blobs import drop_unused, put_problem, put_schedule
from scheduling.clock import SiteClock
from scheduling.engine import schedule as engine
from scheduling.engine.bound import Earliest, earliest
from scheduling.engine.check import Breach, BreachKind, breaches
from scheduling.engine.cost import Cost, cost
from scheduling.engine.cut import whole
from scheduling.engine.problem import Rack
from scheduling.engine.ramp import Ramp, ramp
from scheduling.engine.schedule import Schedule, Unplannable
from scheduling.errors import FencedOutError, NoBetterPlanError, PlanBreachesError
from scheduling.models import (
    LimitAttribution,
    Pegging,
    Plan,
    PlanDrawing,
    PlannedRack,
    PlannedStep,
    Publication,
    Run,
    Scenario,
)
from scheduling.queries.drawings import drawn
from scheduling.queries.gantt import VERSION, waits_of
from scheduling.reasons import PLANNING, Reason, reasons_of
from scheduling.snapshot.shortage import share_out, shortages
from scheduling.snapshot.take import Snapshot

ROWS_AT_ONCE = 2_000
KEEP_SUPERSEDED = timedelta(days=30)
"""How long the rows of a publication that is no longer in force are kept."""

SENTENCE_MOST, LABEL_MOST, OWNER_MOST = 300, 160, 80
"""Characters that the columns of reasons hold."""

MAY_STORE = (Run.State.RUNNING, Run.State.SUCCEEDED, Run.State.CANCELLED)
"""A worker stores while it holds the run, or in the transaction that ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A schedule that the referee has passed, with what is said of it.

    Attributes:
        snapshot: What it was made from.
        schedule: The plan.
        cost: What it costs.
        ramp: How fast import rises and falls, minute by minute.
        inherited: Breaches that facts make by themselves.
        earliest: The physical limit of each rack.
        reasons: The waterfall and the binding limit of each planned rack.
        unplannable: Racks left out, with sentences that name who has to answer.
    """

    snapshot: Snapshot
    schedule: Schedule
    cost: Cost
    ramp: Ramp
    inherited: tuple[Breach, ...]
    earliest: Mapping[str, Earliest]
    reasons: Mapping[str, Reason]
    unplannable: tuple[Unplannable, ...]

    @property
    def ordered(self) -> list[Rack]:
        """Return the racks that have rows: all but those that bookings hold."""
        keys = self.snapshot.keys.racks
        return [rack for rack in self.snapshot.problem.racks if rack.key in keys]


def prove(snapshot: Snapshot, schedule: Schedule) -> Proof:
    """Judge a schedule and say what is to be said of it. No query.

    Raises:
        PlanBreachesError: If the schedule breaks a limit by itself.
    """
    problem = snapshot.problem
    found = breaches(problem, schedule)
    made = [breach for breach in found if breach.kind is BreachKind.MADE]
    if made:
        raise PlanBreachesError(tuple(breach.sentence for breach in made))
    return Proof(
        snapshot=snapshot,
        schedule=schedule,
        cost=cost(problem, schedule),
        ramp=ramp(problem, schedule),
        inherited=tuple(found),
        earliest=earliest(problem),
        reasons=reasons_of(problem, schedule),
        unplannable=(*_named(snapshot, schedule), *snapshot.left_out),
    )


def store_plan(
    *,
    run: Run,
    token: int,
    snapshot: Snapshot,
    schedule: Schedule,
    bound_cents: int,
    best_rule_cents: int | None = None,
    is_proved_optimal: bool = False,
) -> Plan:
    """Prove a schedule and store it as the plan of a run, in place of an earlier one.

    Rows of older proposals of the scenario go. About twenty queries, and one for each
    2,000 rows (on SQLite, which takes a thousand values at once, for each hundred).

    Args:
        run: Whose plan it is.
        token: Fencing token of the worker's claim.
        snapshot: What the schedule was made from.
        schedule: What was found.
        bound_cents: What no plan can cost less than.
        best_rule_cents: Cost of the best dispatch rule, if rules were tried.
        is_proved_optimal: Whether nothing cheaper exists.

    Raises:
        PlanBreachesError: If the schedule breaks a limit by itself.
        NoBetterPlanError: If the run was to improve a proposal and does not.
        FencedOutError: If the run is no longer this worker's; nothing is written.
    """
    proof = prove(snapshot, schedule)
    if run.improves is not None:
        _refuse_no_better(run.improves, proof.cost)
    drawing = drawn(snapshot.problem, schedule, _waits(proof))
    with transaction.atomic():
        if run.improves is not None:
            _refuse_overtaken(run.improves)
        held = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        if held.fencing_token != token or held.state not in MAY_STORE:
            raise FencedOutError(run.pk, token, held.fencing_token)
        _drop_earlier(held)
        plan = Plan.objects.create(
            run=held,
            problem=put_problem(snapshot.problem),
            schedule=put_schedule(schedule),
            bound_cents=min(bound_cents, proof.cost.total),
            best_rule_cents=best_rule_cents,
            is_proved_optimal=is_proved_optimal,
            order_dates={} if held.scenario.is_base else _order_dates(proof),
            **_columns(proof),
        )
        PlanDrawing.objects.create(plan=plan, version=VERSION, data=drawing)
        _write_rows(plan, proof)
        expire_plans(held.scenario)
    return plan


def _refuse_no_better(proposal: Plan, found: Cost) -> None:
    """Refuse what costs more in broken promises than a proposal, or as much and more.

    Raises:
        NoBetterPlanError: If it is no better.
    """
    stands = (proposal.broken_cents, proposal.objective_cents)
    if (int(found.broken), int(found.total)) >= stands:
        raise NoBetterPlanError("Nothing better than the proposal was found.")


def _refuse_overtaken(proposal: Plan) -> None:
    """Refuse what comes after its proposal was published; until then it is not.

    Raises:
        NoBetterPlanError: If another plan is in force than the proposal was made for.
    """
    site = proposal.run.scenario.site_id
    Site.objects.select_for_update(no_key=True).get(pk=site)
    if Publication.objects.filter(site=site, plan__gte=proposal.pk).exists():
        raise NoBetterPlanError("The proposal it was to improve waits no longer.")


def expire_plans(scenario: Scenario) -> None:
    """Delete rows of steps, pegs, bars and drawings that no page needs any more.

    Kept are those of the newest proposal, of the plan in force, and for 30 days those
    of plans that were in force. Runs are held while their plan's rows go, as they are
    while it is published: what is put in force at that moment keeps its rows. Twelve
    queries.
    """
    drawn = PlanDrawing.objects.filter(plan__run__scenario=scenario)
    old = drawn.exclude(plan__in=_kept(scenario))
    runs = set(old.values_list("plan__run", flat=True))
    list(Run.objects.select_for_update(no_key=True).filter(pk__in=runs).order_by("pk"))
    stale = Plan.objects.filter(run__in=runs).exclude(pk__in=_kept(scenario))
    for model in (PlannedStep, Pegging, LimitAttribution, PlanDrawing):
        model.objects.filter(plan__in=stale).delete()


def _kept(scenario: Scenario) -> set[int]:
    """Return the plans of a scenario that keep their rows. Three queries."""
    newest = Plan.objects.filter(run__scenario=scenario).order_by("-pk")[:1]
    published = Publication.objects.filter(site=scenario.site_id)
    in_force = published.order_by("-number")[:1]
    recent = published.filter(at__gte=timezone.now() - KEEP_SUPERSEDED)
    return {
        *newest.values_list("pk", flat=True),
        *in_force.values_list("plan", flat=True),
        *recent.values_list("plan", flat=True),
    }


def _waits(proof: Proof) -> dict[str, list[tuple[str, int]]]:
    """Return what each rack's bay session waits for."""
    bars = {key: reason.bars for key, reason in proof.reasons.items()}
    return waits_of(proof.snapshot.problem, bars)


def _moved_racks(proof: Proof) -> int:
    """Return how many racks stand elsewhere than in the plan this one started from.

    A rack is moved when the start of a step shifts by more than the tolerance, or its
    bay changes.
    """
    tolerance = proof.snapshot.problem.prices.move_tolerance
    now = {(step.rack, step.step): step for step in proof.schedule.steps}
    count = 0
    for rack in proof.ordered:
        for code, start, bay in rack.previous:
            step = now.get((rack.key, code))
            if step is None or (
                abs(step.start - start) > tolerance or (bay and step.bay != bay)
            ):
                count += 1
                break
    return count


def _drop_earlier(run: Run) -> None:
    """Delete the plan a run stored before; while a run goes on none is published."""
    earlier = Plan.objects.filter(run=run).first()
    if earlier is not None:
        problem, schedule = earlier.problem_id, earlier.schedule_id
        record(
            kind="plan.deleted",
            about=earlier,
            actor="system",
            cause=f"run:{run.pk}",
            summary=f"Plan {earlier.pk} gives way to a later one of its run",
        )
        earlier.delete()
        for name in (problem, schedule):
            drop_unused(name)


def _named(snapshot: Snapshot, schedule: Schedule) -> list[Unplannable]:
    """Return unplannable racks; one short of material names the lines it waits for."""
    waits: dict[str, list[str]] = defaultdict(list)
    short = shortages(snapshot.problem, schedule)
    for shortage, line, _ in share_out(short, snapshot.awaited):
        waits[shortage.rack].append(
            f" {line.number} of {line.supplier} waits for an answer; {line.owner} asks."
        )
    return [
        Unplannable(
            rack=one.rack,
            code=one.code,
            sentence=one.sentence + "".join(dict.fromkeys(waits[one.rack][:1])),
            limit=one.limit,
        )
        for one in schedule.unplannable
    ]


def _columns(proof: Proof) -> dict[str, Any]:
    """Return the columns of a plan that follow from its proof."""
    clock = _clock(proof.snapshot)
    return {
        "epoch": proof.snapshot.epoch,
        "event_seq": proof.snapshot.event_seq,
        "objective_cents": proof.cost.total,
        "late_cents": proof.cost.late,
        "wip_cents": proof.cost.wip,
        "moved_cents": proof.cost.moved,
        "broken_cents": proof.cost.broken,
        "demand_cents": proof.cost.demand,
        "energy_cents": proof.cost.energy,
        "peak_w": proof.cost.peak_w,
        "rise_w": proof.ramp.rise,
        "fall_w": proof.ramp.fall,
        "racks": len(proof.ordered)
        + len(proof.snapshot.left_out)
        + len(proof.snapshot.assumed),
        "late_racks": proof.cost.late_racks,
        "unplannable_racks": len(proof.unplannable),
        "moved_racks": _moved_racks(proof),
        "inherited_breaches": [_breach(one, clock) for one in proof.inherited],
    }


def _order_dates(proof: Proof) -> dict[str, Any]:
    """Return what a what-if plan says of each order, those without rows included."""
    clock = _clock(proof.snapshot)
    ends: dict[str, int] = {}
    for step in proof.schedule.steps:
        ends[step.rack] = max(step.end, ends.get(step.rack, step.end))
    found: dict[str, Any] = {}
    for rack in proof.snapshot.problem.racks:
        end = ends.get(rack.key)
        one = found.setdefault(
            rack.order, {"ships": "", "racks": 0, "late": 0, "unplannable": 0}
        )
        one["racks"] += 1
        one["unplannable"] += end is None
        if end is not None:
            one["late"] += rack.due is not None and end > rack.due
            one["ships"] = max(one["ships"], clock.day_of(end).isoformat())
    for one in found.values():
        if one["unplannable"]:
            one["ships"] = ""
    return found


def _clock(snapshot: Snapshot) -> SiteClock:
    return SiteClock(epoch=snapshot.epoch, zone=ZoneInfo(snapshot.problem.zone))


def _breach(breach: Breach, clock: SiteClock) -> dict[str, Any]:
    """Return a breach as a plan keeps it."""
    return {
        "rule": breach.rule.value,
        "object": breach.object,
        "limit": breach.limit,
        "amount": breach.amount,
        "unit": breach.unit,
        "starts_at": clock.moment(breach.start).isoformat(),
        "ends_at": clock.moment(breach.end).isoformat(),
        "owner": breach.owner,
        "sentence": breach.sentence,
    }


def _write_rows(plan: Plan, proof: Proof) -> None:
    """Write racks, steps, pegs and bars."""
    by_rack: dict[str, list[engine.PlannedStep]] = defaultdict(list)
    for step in proof.schedule.steps:
        if step.rack in proof.snapshot.keys.racks:
            by_rack[step.rack].append(step)
    template_of = {rack.key: rack.template for rack in proof.snapshot.problem.racks}
    PlannedRack.objects.bulk_create(
        [*_planned_racks(plan, proof, by_rack), *_left_out(plan, proof)], ROWS_AT_ONCE
    )
    PlannedStep.objects.bulk_create(
        _planned_steps(plan, proof, template_of), ROWS_AT_ONCE
    )
    Pegging.objects.bulk_create(
        [*_pegs(plan, proof, template_of), *_reserved(plan, proof, by_rack)],
        ROWS_AT_ONCE,
    )
    LimitAttribution.objects.bulk_create(_bars(plan, proof), ROWS_AT_ONCE)


def _planned_racks(
    plan: Plan, proof: Proof, by_rack: Mapping[str, Sequence[engine.PlannedStep]]
) -> Iterable[PlannedRack]:
    """Yield racks with a plan."""
    clock, keys = _clock(proof.snapshot), proof.snapshot.keys
    for rack in proof.ordered:
        steps = by_rack.get(rack.key)
        if not steps:
            continue
        began = rack.progress.kit_started
        ends = steps[-1].end
        late = max(0, ends - rack.due) if rack.due is not None else 0
        held = [step for step in steps if step.bay]
        since = rack.progress.bay_since if rack.progress.bay else None
        reason = proof.reasons[rack.key]
        yield PlannedRack(
            plan=plan,
            rack_id=keys.racks[rack.key],
            starts_at=clock.moment(steps[0].start if began is None else began),
            ships_at=clock.moment(ends),
            due_at=None if rack.due is None else clock.moment(rack.due),
            earliest_at=clock.moment(proof.earliest[rack.key].physics_ship),
            late_min=late,
            lead_min=reason.lead_min,
            physics_min=proof.earliest[rack.key].physics_min,
            **_bay_of(held, since, proof.snapshot),
            limit=reason.limit,
            sentence=_cut(reason.sentence),
            owner=_cut(reason.owner, OWNER_MOST),
        )


def _bay_of(
    held: Sequence[engine.PlannedStep], since: int | None, snapshot: Snapshot
) -> dict[str, Any]:
    """Return the columns of the bay a rack holds; a bay only assumed has no row."""
    bay = snapshot.keys.bays.get(held[0].bay) if held else None
    if bay is None:
        return {}
    clock = _clock(snapshot)
    return {
        "bay_id": bay,
        "bay_from": clock.moment(held[0].start if since is None else since),
        "bay_until": clock.moment(held[-1].end),
    }


def _left_out(plan: Plan, proof: Proof) -> Iterable[PlannedRack]:
    """Yield racks without a plan, with the reason."""
    clock = _clock(proof.snapshot)
    due = {rack.key: rack.due for rack in proof.snapshot.problem.racks}
    for one in proof.unplannable:
        if one.rack not in proof.snapshot.keys.racks:
            continue
        moment = due.get(one.rack)
        yield PlannedRack(
            plan=plan,
            rack_id=proof.snapshot.keys.racks[one.rack],
            due_at=None if moment is None else clock.moment(moment),
            limit=one.limit,
            sentence=_cut(one.sentence),
            unplannable_code=one.code,
        )


def _cut(text: str, most: int = SENTENCE_MOST) -> str:
    """Return a text no longer than its column holds."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _planned_steps(
    plan: Plan, proof: Proof, template_of: Mapping[str, str]
) -> Iterable[PlannedStep]:
    """Yield steps in time; a test cut in two is one step from its begin to its end."""
    clock, keys = _clock(proof.snapshot), proof.snapshot.keys
    for step in whole(proof.schedule.steps):
        if step.rack not in keys.racks:
            continue
        yield PlannedStep(
            plan=plan,
            rack_id=keys.racks[step.rack],
            step_id=keys.steps[template_of[step.rack], step.step],
            bay_id=keys.bays.get(step.bay),
            starts_at=clock.moment(step.start),
            ends_at=clock.moment(step.end),
        )


def _pegs(
    plan: Plan, proof: Proof, template_of: Mapping[str, str]
) -> Iterable[Pegging]:
    """Yield what the schedule takes from supplies that exist."""
    keys = proof.snapshot.keys
    for peg in proof.schedule.pegs:
        is_real = peg.supply in keys.lots or peg.supply in keys.tranches
        if peg.rack not in keys.racks or not is_real:
            continue
        yield Pegging(
            plan=plan,
            rack_id=keys.racks[peg.rack],
            step_id=keys.steps[template_of[peg.rack], peg.step],
            quantity=peg.quantity,
            stock_lot_id=keys.lots.get(peg.supply),
            tranche_id=keys.tranches.get(peg.supply),
        )


def _reserved(
    plan: Plan, proof: Proof, by_rack: Mapping[str, Sequence[engine.PlannedStep]]
) -> Iterable[Pegging]:
    """Yield what planned racks take from their owners' consigned stock."""
    keys = proof.snapshot.keys
    planned = {keys.racks[key] for key in by_rack}
    templates = {keys.racks[rack.key]: rack.template for rack in proof.ordered}
    for one in proof.snapshot.reservations:
        if one.rack in planned:
            yield Pegging(
                plan=plan,
                rack_id=one.rack,
                step_id=keys.steps[templates[one.rack], one.step],
                quantity=one.quantity,
                stock_lot_id=one.lot,
            )


def _bars(plan: Plan, proof: Proof) -> Iterable[LimitAttribution]:
    """Yield the bars of every planned rack's waterfall."""
    for key, reason in proof.reasons.items():
        if key not in proof.snapshot.keys.racks:
            continue
        for sequence, bar in enumerate(reason.bars):
            yield LimitAttribution(
                plan=plan,
                rack_id=proof.snapshot.keys.racks[key],
                sequence=sequence,
                step=bar.step,
                limit=bar.limit,
                resource=bar.resource,
                label=_cut(bar.label, LABEL_MOST),
                owner=_cut(
                    bar.owner or ("" if bar.is_physics else PLANNING), OWNER_MOST
                ),
                minutes=bar.minutes,
                is_physics=bar.is_physics,
            )
