"""The risk register keeps itself: opened and closed by what binds the plan in force."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from journal.services import record
from scheduling.blobs import load_problem
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.explain import Limit
from scheduling.engine.lookup import look_up
from scheduling.errors import DamagedBlobError, RiskClosedError
from scheduling.models import Publication, Risk
from scheduling.queries.risks import Binding, binding_of
from scheduling.reasons import PLANNING

NEXT_STEPS: Mapping[str, str] = {
    Limit.MATERIAL: "Ask for an earlier date or a part delivery of {}.",
    Limit.FROZEN: "Ask who pinned the start whether the pin still holds.",
    Limit.CURTAILMENT: "Ask the grid for a smaller cut in {}, or move soaks out of it.",
    Limit.POWER: "Find more power at {}, or move soaks to the night.",
    Limit.COOLING: "Raise what {} can carry, or move racks to another loop.",
    Limit.BAY: "Free or add a bay: {} are full.",
    Limit.PEOPLE: "Lend people to {}, or plan overtime.",
    Limit.SHIFT: "Decide on a shift more: {}.",
    Limit.BATCHING: "Add a place at {}, or shorten its step.",
    Limit.REWORK: "Bring the first-pass yield up, so that the allowance can go down.",
    Limit.ANSWER: "Shorten the wait: {}.",
    Limit.RELEASE: "Release it sooner: {}.",
    Limit.QUALITY: "Decide on what is on hold: {}.",
}
"""What the owner of a limit does next, until somebody writes better."""
OTHERWISE = "Say what would widen this limit: {}."
LEFT_OUT = "Read why racks have no plan, and lift what leaves them out."
LABEL_MOST, OWNER_MOST, STEP_MOST, RESOURCE_MOST = 160, 80, 300, 80
BEFORE_LATE = timedelta(days=1)


@transaction.atomic
def review_risks(publication: Publication) -> list[Risk]:
    """Bring a site's register up to date with a publication; return what is open.

    A limit that decides when racks ship has one open risk; one that no longer does is
    closed. What a person has written stays. Events say what was opened and closed. A
    plan that cannot be read any more changes nothing.
    """
    plan, site = publication.plan, publication.site
    try:
        problem = load_problem(plan)
    except (DamagedBlobError, InvalidProblemError):
        # Nothing can be said of a plan that cannot be read any more.
        return list(Risk.objects.filter(site=site).open())
    found = binding_of(plan, look_up(problem))
    standing = {
        (one.limit, one.resource): one for one in Risk.objects.filter(site=site).open()
    }
    opened = []
    for binding in found:
        values = _figures(binding, publication)
        key = (binding.limit.word, binding.limit.key[:RESOURCE_MOST])
        risk = standing.pop(key, None)
        if risk is None:
            opened.append(_open(binding, publication, values))
            continue
        if not risk.is_edited:
            values |= _wording(binding, publication)
        Risk.objects.filter(pk=risk.pk).update(seen_by=publication, **values)
    for risk in standing.values():
        _close(risk, publication)
    for risk in opened:
        _tell(risk, "opened", publication)
    return list(Risk.objects.filter(site=site).open())


@transaction.atomic
def edit_risk(*, risk: Risk, owner: str, next_step: str, due: date, actor: str) -> Risk:
    """Write who owns an open risk, what is done next and by when; it stays so.

    Raises:
        RiskClosedError: If the limit no longer binds.
    """
    risk = Risk.objects.select_for_update().get(pk=risk.pk)
    if risk.state != Risk.State.OPEN:
        raise RiskClosedError(risk.label)
    before = {"owner": risk.owner, "next_step": risk.next_step, "due": str(risk.due)}
    risk.owner, risk.next_step, risk.due = owner, next_step, due
    risk.is_edited = True
    risk.save(update_fields=["owner", "next_step", "due", "is_edited"])
    record(
        kind="risk.changed",
        about=risk,
        actor=actor,
        scope=f"site:{risk.site_id}",
        summary=f"Risk {risk.label} written by hand",
        before=before,
        after={"owner": owner, "next_step": next_step, "due": due.isoformat()},
    )
    return risk


def _figures(binding: Binding, publication: Publication) -> dict[str, Any]:
    """Return the columns that follow from the plan and nobody writes."""
    del publication
    return {
        "racks": len(binding.racks),
        "late_racks": len(binding.late),
        "held_min": binding.held_min,
    }


def _wording(binding: Binding, publication: Publication) -> dict[str, Any]:
    """Return owner, next step and date as they are until a person writes better."""
    limit = binding.limit
    step = NEXT_STEPS.get(limit.word, OTHERWISE).format(limit.label)
    if not binding.held_min:
        step = LEFT_OUT
    return {
        "owner": (limit.owner or PLANNING)[:OWNER_MOST],
        "next_step": step[:STEP_MOST],
        "due": _due(binding, publication),
    }


def _due(binding: Binding, publication: Publication) -> date:
    """Return the day before the first harm, but never before tomorrow."""
    tomorrow = publication.at.date() + BEFORE_LATE
    harmed = binding.due or binding.ships
    return max(tomorrow, min(harmed, default=tomorrow) - BEFORE_LATE)


def _open(binding: Binding, publication: Publication, values: dict[str, Any]) -> Risk:
    limit = binding.limit
    return Risk.objects.create(
        site=publication.site,
        limit=limit.word,
        resource=limit.key[:RESOURCE_MOST],
        label=limit.label[:LABEL_MOST],
        opened_by=publication,
        seen_by=publication,
        opened_at=publication.at,
        **values,
        **_wording(binding, publication),
    )


def _close(risk: Risk, publication: Publication) -> None:
    Risk.objects.filter(pk=risk.pk).update(
        state=Risk.State.CLOSED, closed_by=publication, closed_at=Now()
    )
    _tell(risk, "closed", publication)


def _tell(risk: Risk, what: str, publication: Publication) -> None:
    record(
        kind=f"risk.{what}",
        about=risk,
        actor="system",
        scope=f"site:{risk.site_id}",
        cause=f"publication:{publication.pk}",
        summary=f"Risk {what}: {risk.label}, {risk.owner}",
        after={
            "limit": risk.limit,
            "resource": risk.resource,
            "owner": risk.owner,
            "next_step": risk.next_step,
            "due": risk.due.isoformat(),
            "publication": publication.number,
        },
    )
