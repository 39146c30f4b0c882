"""Repairs that facts start: gathered in a row, run once, published inside bounds.

The dispatcher shows this consumer every event once. A storm adds to one row; when it is
quiet for a while, or has lasted too long, one repair starts. What the grid says waits a
second. All of it is rows: whoever restarts the dispatcher loses nothing.
"""

from contextlib import suppress
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from factory.models import Site
from journal.cursors import Consumer
from journal.models import Event
from journal.services import record
from journal.wording import counted, money
from scheduling.errors import (
    NothingToRepairError,
    RunFinishedError,
    RunUnfinishedError,
    SchedulingError,
)
from scheduling.models import (
    AutoRepair,
    GridEvent,
    Plan,
    Publication,
    RepairPolicy,
    Run,
)
from scheduling.queries.changes import Diff
from scheduling.services.publish import preview, publish
from scheduling.services.runs import cancel, request_run
from scheduling.services.scenarios import base_scenario
from scheduling.services.site_moves import look_elsewhere
from scheduling.staleness import LIMITS, ROUTINE, sites_of_events

log = structlog.get_logger("rackline.auto_repair")

ACTOR = "system"
REPAIR_S = 5
GRID_REPAIR_S = 2
"""Seconds of search after a grid event; the first plan under the cap comes before."""
GRID_IMPROVE_S = 60
"""Seconds of a further search where that plan breaks a promise, once it is shown."""
GRID_QUIET = timedelta(seconds=1)
"""A utility that pushes its events one by one is through with them."""
GRID_WAIT = timedelta(seconds=20)
"""A cap is answered within half a minute, however the grid storms."""
GRID_STORM = timedelta(minutes=1)
"""After a repair the grid began, its next event waits for the policy's quiet."""
SOON = timedelta(minutes=30)
"""A cap this near does not wait for the end of an optimization."""
CAUSE_MOST = 300
NAMED = 4
"""Broken promises named in the sentence; the event names every customer."""
WHY_MOST = 300

TRIGGERS = frozenset(LIMITS) - ROUTINE
"""Kinds of event that start a repair."""
GRID = frozenset({"grid.event_received", "grid.contact_lost", "grid.contact_back"})
"""Those of them that the grid sends."""

Mode = RepairPolicy.Mode
State = AutoRepair.State


@transaction.atomic
def set_policy(
    *,
    site: Site,
    mode: RepairPolicy.Mode,
    follows_grid: bool = True,
    quiet_s: int,
    wait_s: int,
    most_moved_racks: int,
    most_late_cents: int,
    author: str,
    actor: str,
) -> RepairPolicy:
    """Choose what a site does when facts overtake its plan; always on record."""
    chosen = {
        "mode": mode,
        "follows_grid": follows_grid,
        "quiet_s": quiet_s,
        "wait_s": wait_s,
        "most_moved_racks": most_moved_racks,
        "most_late_cents": most_late_cents,
    }
    before = RepairPolicy.objects.filter(site=site).values(*chosen).first()
    policy, _ = RepairPolicy.objects.update_or_create(
        site=site,
        defaults=chosen | {"changed_by": author, "changed_at": timezone.now()},
    )
    record(
        kind="repair_policy.chosen",
        about=policy,
        actor=actor,
        scope=f"site:{site.pk}",
        summary=f"{site.name}: {mode.label}",
        before=before,
        after=dict(chosen),
    )
    return policy


def policy_of(site: Site) -> RepairPolicy:
    """Return a site's policy, chosen or with its defaults. One query."""
    return RepairPolicy.objects.filter(site=site).first() or RepairPolicy(site=site)


def gather(events: tuple[Event, ...]) -> None:
    """Add facts to the row that gathers at each site whose policy follows them.

    Runs in the transaction that moves the consumer's place. Three queries a site
    concerned, and one for each kind of object.
    """
    facts = [one for one in events if one.kind in TRIGGERS]
    if not facts:
        return
    found = sites_of_events(facts)
    for site in Site.objects.filter(pk__in=found).order_by("pk"):
        policy = policy_of(site)
        followed = [one for one in found[site.pk] if policy.follows(_is_grid(one))]
        if followed:
            _add(site.pk, followed)


def _is_grid(event: Event) -> bool:
    return event.kind in GRID


def _add(site: int, facts: list[Event]) -> None:
    """Add facts to a site's gathering row, or begin one."""
    now = timezone.now()
    last = facts[-1]
    is_grid = any(_is_grid(one) for one in facts)
    gathering = AutoRepair.objects.filter(site=site, state=State.GATHERING)
    added = gathering.update(
        events=F("events") + len(facts),
        last_at=now,
        last_event=last.pk,
        is_grid=is_grid or F("is_grid"),
    )
    if not added:
        AutoRepair.objects.create(
            site_id=site,
            events=len(facts),
            first_at=now,
            last_at=now,
            last_event=last.pk,
            is_grid=is_grid,
            cause=(facts[0].summary or facts[0].kind)[:CAUSE_MOST],
        )


GATHER = Consumer(name="auto repair", handle=gather)


def start_due() -> int:
    """Start a repair for each site where it is quiet again; return how many.

    A site whose run is still under way waits: the next repair knows all of it. An
    optimization makes way for a cap about to begin.
    """
    started = 0
    waiting = AutoRepair.objects.filter(state=State.GATHERING).select_related("site")
    for row in waiting.order_by("pk"):
        policy = policy_of(row.site)
        if not policy.follows(row.is_grid):
            _end(row, State.DROPPED, "The policy was switched off.")
        elif _is_due(row, policy):
            started += _start(row)
    return started


def _is_due(row: AutoRepair, policy: RepairPolicy) -> bool:
    """Return whether it is quiet, or has stormed for too long."""
    now = timezone.now()
    quiet = timedelta(seconds=policy.quiet_s)
    most = timedelta(seconds=policy.wait_s)
    if row.is_grid:
        quiet = quiet if _grid_storms(row) else GRID_QUIET
        most = min(most, GRID_WAIT)
    return now - row.last_at >= quiet or now - row.first_at >= most


def _grid_storms(row: AutoRepair) -> bool:
    """Return whether the grid began another repair of the site a short while before."""
    return (
        AutoRepair.objects.filter(
            site=row.site_id,
            is_grid=True,
            last_at__gt=row.first_at - GRID_STORM,
            run__isnull=False,
        )
        .exclude(pk=row.pk)
        .exists()
    )


@transaction.atomic
def _start(row: AutoRepair) -> int:
    """Ask for the run that mends the plan. Return 1 if it was asked for."""
    held = AutoRepair.objects.select_for_update().get(pk=row.pk)
    if held.state != State.GATHERING:
        return 0
    if known := _known_to(held):
        _end(held, State.DROPPED, f"The plan of run {known.run_id} knows of it.")
        return 0
    try:
        run = request_run(
            scenario=base_scenario(held.site),
            by=None,
            actor=ACTOR,
            time_limit_s=GRID_REPAIR_S if held.is_grid else REPAIR_S,
            kind=Run.Kind.REPAIR,
            # Under a cap promises go first (docs/adr/0306).
            favour=Run.Favour.PROMISES if held.is_grid else Run.Favour.BALANCE,
            # A cap nearly always lies inside the frozen fence: who gives way there is
            # what is to be decided (docs/adr/0354).
            may_move_frozen=held.is_grid,
        )
    except RunUnfinishedError as error:
        if held.is_grid:
            _make_way(held.site, error.run)
        return 0
    except NothingToRepairError as error:
        _end(held, State.DROPPED, str(error))
        return 0
    AutoRepair.objects.filter(pk=held.pk).update(state=State.RUNNING, run=run)
    record(
        kind="auto_repair.started",
        about=held,
        actor=ACTOR,
        scope=f"site:{held.site_id}",
        cause=f"event:{held.last_event}",
        summary=f"Repair started by {counted(held.events, 'fact')}: {held.cause}"[:300],
        after={"run": run.pk, "events": held.events},
    )
    return 1


def _known_to(row: AutoRepair) -> Plan | None:
    """Return a plan of the site made with all that was gathered, or None."""
    last = Event.objects.filter(pk=row.last_event).values("seq")
    return Plan.objects.filter(
        run__scenario__site=row.site_id,
        run__scenario__is_base=True,
        event_seq__gte=Subquery(last),
    ).first()


def _make_way(site: Site, run_id: int) -> None:
    """Stop an optimization that does not know of a cap about to begin."""
    now = timezone.now()
    run = Run.objects.get(pk=run_id)
    is_urgent = GridEvent.objects.filter(
        site=site,
        state=GridEvent.State.ANNOUNCED,
        starts_at__lte=now + SOON,
        ends_at__gt=now,
    ).exists()
    if run.is_repair or run.is_stopping or not is_urgent:
        return
    with suppress(RunFinishedError):
        cancel(run=run, actor=ACTOR)


def settle() -> int:
    """Decide about the proposal of each automatic repair whose run is over."""
    _stop_overtaken()
    _take_better()
    over = AutoRepair.objects.filter(state=State.RUNNING).exclude(
        run__state__in=Run.UNFINISHED
    )
    settled = 0
    for row in over.select_related("run__improves", "site").order_by("pk"):
        _settle(row)
        settled += 1
    return settled


def _settle(row: AutoRepair) -> None:
    """Publish one proposal inside the bounds, or leave it to a planner.

    Where the grid asked, other sites are asked for the most urgent work not begun: a
    planner confirms what moves there.
    """
    before = row.run.improves if row.run else None
    if row.is_grid and before is None:
        look_elsewhere(site=row.site, actor=ACTOR)
    plan = Plan.objects.filter(run=row.run_id).first()
    policy = policy_of(row.site)
    if plan is None:
        run = row.run
        said = run.error.split("\n")[0] if run and run.error else "No plan was found."
        _end(row, State.DROPPED, said)
        return
    diff = preview(plan)
    why = _why_it_waits(policy, plan, diff)
    if why:
        better = _better(before, diff) if before else ""
        with transaction.atomic():
            _end(row, State.WAITING, better + why, customers=_customers(diff))
            if row.is_grid and before is None and diff.broken:
                _look_further(plan)
        return
    try:
        publication = publish(
            plan=plan,
            by=None,
            actor=ACTOR,
            note=f"Published by policy: {row.cause}"[:300],
            expected_previous=diff.previous_number,
        )
    except SchedulingError as error:
        _end(row, State.WAITING, str(error))
        return
    moved = counted(publication.moved_racks, "rack")
    _end(
        row,
        State.PUBLISHED,
        f"{moved} moved, no promise broken.",
        publication=publication,
    )


def _look_further(plan: Plan) -> None:
    """Ask for a longer search for a plan that breaks fewer promises than a proposal."""
    with suppress(RunUnfinishedError):
        request_run(
            scenario=plan.run.scenario,
            by=None,
            actor=ACTOR,
            time_limit_s=GRID_IMPROVE_S,
            seed=plan.run.seed + 1,
            kind=Run.Kind.REPAIR,
            favour=Run.Favour.PROMISES,
            may_move_frozen=True,
            improves=plan,
        )


def _take_better() -> None:
    """Let repairs whose waiting proposal was improved decide about the better one."""
    better = Run.objects.exclude(state__in=Run.UNFINISHED).filter(
        improves__run=OuterRef("run"), plan__isnull=False
    )
    waiting = AutoRepair.objects.filter(state=State.WAITING)
    found = waiting.annotate(better=Subquery(better.values("pk")[:1]))
    for row in found.filter(better__isnull=False):
        waiting.filter(pk=row.pk, run=row.run_id).update(
            state=State.RUNNING, run=row.better, why="", ended_at=None
        )


def _stop_overtaken() -> None:
    """Stop searches for something better than what is published by now."""
    later = Publication.objects.filter(
        site=OuterRef("scenario__site"), plan__gte=OuterRef("improves")
    )
    going = Run.objects.going().filter(Exists(later), improves__isnull=False)
    for run in going:
        with suppress(RunFinishedError):
            cancel(run=run, actor=ACTOR)


def _better(before: Plan, diff: Diff) -> str:
    """Return by what a plan is better than the proposal it takes the place of."""
    kept = len(preview(before).broken) - len(diff.broken)
    if kept > 0:
        return f"Improved since: it keeps {counted(kept, 'promise')} more. "
    saved = before.objective_cents - diff.plan.objective_cents
    if saved > 0:
        return f"Improved since: it costs {money(saved)} less. "
    return "Improved since: fewer racks ship after their promise. "


def _why_it_waits(policy: RepairPolicy, plan: Plan, diff: Diff) -> str:
    """Return why a plan waits, and whose promise it breaks; empty if it does not."""
    if diff.broken:
        named = ", ".join(
            f"{one.order.customer.name} ({one.order.number})"
            for one in diff.broken[:NAMED]
        )
        others = len(diff.broken) - NAMED
        rest = f" and {others} more" if others > 0 else ""
        promises = counted(len(diff.broken), "promise")
        return f"It would break {promises}: {named}{rest}."
    if policy.mode != Mode.PUBLISH:
        return "It breaks no promise; the policy leaves the plan to a planner."
    if diff.moved_racks > policy.most_moved_racks:
        return (
            f"It would move {counted(diff.moved_racks, 'rack')}; "
            f"{policy.most_moved_racks} may move."
        )
    before = diff.previous.plan.late_cents if diff.previous else 0
    more = plan.late_cents - before
    if more > policy.most_late_cents:
        return (
            f"Lateness would cost {money(more)} more; "
            f"{money(policy.most_late_cents)} may be added."
        )
    return ""


def _customers(diff: Diff) -> tuple[str, ...]:
    """Return the customers whose promise a plan breaks, in order of name."""
    return tuple(sorted({one.order.customer.name for one in diff.broken}))


@transaction.atomic
def _end(
    row: AutoRepair,
    state: AutoRepair.State,
    why: str,
    publication: Publication | None = None,
    customers: tuple[str, ...] = (),
) -> None:
    """End an automatic repair, with an event that names its cause."""
    ended = (
        AutoRepair.objects.filter(pk=row.pk)
        .filter(Q(state=State.GATHERING) | Q(state=State.RUNNING))
        .update(
            state=state,
            why=why[:WHY_MOST],
            ended_at=timezone.now(),
            publication=publication,
        )
    )
    if not ended:
        return
    log.info("automatic repair over", repair=row.pk, state=state.value)
    record(
        kind=f"auto_repair.{state.value}",
        about=row,
        actor=ACTOR,
        scope=f"site:{row.site_id}",
        cause=f"event:{row.last_event}",
        summary=f"Automatic repair {state.label.lower()}: {why}"[:300],
        after={
            "run": row.run_id,
            "events": row.events,
            "publication": publication.number if publication else None,
            "customers": list(customers),
        },
    )
