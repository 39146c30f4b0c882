"""Scenarios: live data, and what-ifs as lists of adjustments over them."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from factory.models import Site
from journal.models import Event
from journal.services import record
from scheduling.engine.adjust.base import Adjustment, AdjustmentError, questions_of
from scheduling.engine.adjust.kinds import adjustments_from, to_json
from scheduling.errors import BaseScenarioError, NotProposableError, ScenarioError
from scheduling.models import Plan, Run, Scenario
from scheduling.queries.assumed import known_names
from scheduling.queries.scenarios import searched_s
from scheduling.services.runs import DEFAULT_TIME_LIMIT_S, request_run

BASE_NAME = "Live data"
NAME_MOST = 80
PROPOSE_S = 5
"""Seconds of search of the repair that turns a what-if into a proposal."""


def base_scenario(site: Site) -> Scenario:
    """Return a site's scenario of live data, made at first use."""
    scenario, _ = Scenario.objects.get_or_create(
        site=site, is_base=True, defaults={"name": BASE_NAME}
    )
    return scenario


@transaction.atomic
def create_scenario(
    *,
    site: Site,
    name: str,
    adjustments: object,
    by: User | None,
    actor: str,
    arrivals: Scenario.Arrivals = Scenario.Arrivals.PROMISED,
) -> Scenario:
    """Make a what-if over a site's live data. Queries do not grow with the data.

    Args:
        site: Whose live data.
        name: Up to 80 characters.
        adjustments: JSON list, as ``scheduling.engine.adjust`` reads it.
        by: The person who makes it, if a person does.
        actor: ``user:12``, ``client:3`` or ``system``.
        arrivals: Which day of a promised delivery its plans count on.

    Raises:
        ScenarioError: If it has no name.
        AdjustmentError: If an adjustment is nonsense, or names what is not there.
    """
    name = name.strip()
    if not name or len(name) > NAME_MOST:
        raise ScenarioError(f"A scenario needs a name of 1 to {NAME_MOST} characters.")
    found = _checked(site, adjustments)
    scenario = Scenario.objects.create(
        site=site,
        name=name,
        adjustments=to_json(found),
        arrivals=arrivals,
        event_seq=Event.objects.aggregate(last=Max("seq"))["last"] or 0,
        created_by=by,
    )
    record(
        kind="scenario.created",
        about=scenario,
        actor=actor,
        summary=f"Scenario {name} made",
        after=_facts(scenario),
    )
    return scenario


@transaction.atomic
def adjust_scenario(*, scenario: Scenario, adjustments: object, actor: str) -> Scenario:
    """Change what a what-if assumes; its earlier plans then count as older.

    Raises:
        BaseScenarioError: If it is live data.
        AdjustmentError: If an adjustment is nonsense, or names what is not there.
    """
    held = _held(scenario)
    before = _facts(held)
    held.adjustments = to_json(_checked(held.site, adjustments))
    held.changed_at = timezone.now()
    held.save(update_fields=["adjustments", "changed_at"])
    record(
        kind="scenario.adjusted",
        about=held,
        actor=actor,
        summary=f"Scenario {held.name} assumes something else",
        before=before,
        after=_facts(held),
    )
    return held


@transaction.atomic
def archive_scenario(*, scenario: Scenario, actor: str) -> Scenario:
    """Put a what-if away: it can be read by its link, and is planned no more.

    Raises:
        BaseScenarioError: If it is live data.
    """
    held = _held(scenario)
    if held.archived_at is None:
        held.archived_at = timezone.now()
        held.save(update_fields=["archived_at"])
        record(
            kind="scenario.archived",
            about=held,
            actor=actor,
            summary=f"Scenario {held.name} put away",
        )
    return held


def not_proposable(scenario: Scenario, plan: Plan | None) -> tuple[str, ...]:
    """Return why a what-if cannot become a proposal; empty if it can. One query.

    Only decisions of the plan itself may: whatever else it assumes has to come true
    first, and each reason says how. That deliveries come on other days than the live
    plans count on is such an assumption: a repair would undo it.
    """
    reasons = [
        one.first for one in adjustments_from(scenario.adjustments) if not one.is_plan
    ]
    live = Scenario.Arrivals(base_scenario(scenario.site).arrivals)
    wanted = Scenario.Arrivals(scenario.arrivals)
    if wanted != live:
        reasons.append(
            f"It counts on {_in_words(wanted)}, live plans on {_in_words(live)}: "
            "an administrator chooses that for the live data first."
        )
    elif not scenario.adjustments:
        reasons.append("It assumes nothing: optimize the live data instead.")
    if plan is None:
        reasons.append("It has no plan yet: run it first.")
    return tuple(reasons)


def _in_words(arrivals: Scenario.Arrivals) -> str:
    """Return a level of arrivals inside a sentence."""
    return "promised dates" if arrivals == arrivals.PROMISED else str(arrivals.label)


def search_s(live: Plan | None) -> int:
    """Return for how long a what-if is searched: as the plan it is compared with.

    At most one query.

    Args:
        live: The plan that the live data are shown by, if there is one.
    """
    return searched_s(live) if live else DEFAULT_TIME_LIMIT_S


def propose(*, scenario: Scenario, by: User | None, actor: str) -> Run:
    """Turn a what-if's newest plan into a proposal for the live data.

    Asks for a repair of the live data that keeps to that plan wherever today's facts
    allow; the referee judges it like any other plan.

    Raises:
        NotProposableError: If it assumes what is not so; says what has to come first.
        RunUnfinishedError: If the live data are being planned already.
    """
    plan = (
        Plan.objects.filter(run__scenario=scenario)
        .exclude(run__state__in=Run.UNFINISHED)
        .order_by("-pk")
        .first()
    )
    if reasons := not_proposable(scenario, plan):
        raise NotProposableError(reasons)
    return request_run(
        scenario=base_scenario(scenario.site),
        by=by,
        actor=actor,
        time_limit_s=PROPOSE_S,
        kind=Run.Kind.REPAIR,
        favour=Run.Favour.MOVES,
        towards=plan,
    )


@transaction.atomic
def plan_on(*, scenario: Scenario, arrivals: Scenario.Arrivals, actor: str) -> Scenario:
    """Choose which day of a promised delivery a scenario's plans count on.

    Args:
        scenario: Whose next runs are meant.
        arrivals: The promised dates, or a level of arrivals learnt from the record.
        actor: ``user:12`` or ``system``.
    """
    before = Scenario.objects.select_for_update().get(pk=scenario.pk).arrivals
    if before != arrivals:
        Scenario.objects.filter(pk=scenario.pk).update(
            arrivals=arrivals, changed_at=timezone.now()
        )
        record(
            kind="scenario.arrivals_chosen",
            about=scenario,
            actor=actor,
            summary=f"{scenario.name} is planned on {arrivals.label}",
            before={"arrivals": before},
            after={"arrivals": arrivals.value},
        )
    scenario.arrivals = arrivals
    return scenario


def _held(scenario: Scenario) -> Scenario:
    """Return a what-if, locked.

    Raises:
        BaseScenarioError: If it is live data.
    """
    held = Scenario.objects.select_for_update().get(pk=scenario.pk)
    if held.is_base:
        raise BaseScenarioError
    return held


def _checked(site: Site, data: object) -> tuple[Adjustment, ...]:
    """Return adjustments whose every name is there. One query a kind of name.

    Raises:
        AdjustmentError: Names what is nonsense or not there.
    """
    found = adjustments_from(data)
    asked: dict[Any, set[str]] = {}
    for one in found:
        for field, question in questions_of(type(one)).items():
            asked.setdefault(question.asks, set()).add(str(getattr(one, field)))
    for asks, names in asked.items():
        known = known_names(site, asks, names)
        if known is not None and (strange := sorted(names - known)):
            raise AdjustmentError(f"There is no {asks.value} {strange[0]} at {site}.")
    return found


def _facts(scenario: Scenario) -> dict[str, Any]:
    return {"name": scenario.name, "adjustments": scenario.adjustments}
