"""Putting a plan in force: what it changes, who signs for it, what is told to whom."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from factory.models import Site
from journal.services import record
from journal.wording import counted
from scheduling.errors import (
    AlreadyPublishedError,
    InForceError,
    NewerPublicationError,
    NotLivePlanError,
    OutdatedPlanError,
    PromisesNotAcknowledgedError,
    ReplacedPlanError,
    UnfinishedPlanError,
)
from scheduling.models import Plan, Publication, Run
from scheduling.queries.changes import Diff, changes
from scheduling.queries.control import kpis_of
from scheduling.services import promises
from scheduling.services.forecasts import write_forecast
from scheduling.services.lateness import tell_lateness
from scheduling.services.needs import write_line_needs
from scheduling.services.risks import review_risks
from scheduling.services.runs import request_run
from scheduling.services.scenarios import base_scenario
from scheduling.services.sheds import write_sheds
from scheduling.services.studies import SYSTEM, request_study

ROLL_BACK_S = 5
"""Seconds of search of the repair that goes back to an earlier plan."""


def preview(plan: Plan) -> Diff:
    """Return what publishing a plan would change. Nine queries.

    Raises:
        NotLivePlanError: If it is a plan of a what-if scenario.
    """
    return changes(_site_of(plan), plan)


@transaction.atomic
def publish(
    *,
    plan: Plan,
    by: User | None,
    actor: str,
    acknowledged: Mapping[str, str] | None = None,
    note: str = "",
    expected_previous: int | None,
) -> Publication:
    """Put a plan in force for its site, all of it or nothing.

    Promises each order the later of the date asked for and the day its last rack ships;
    an order of which a rack has no plan keeps the promise it has. Tells suppliers what
    the plan needs from each line, and ahead; brings the risk register up to date. One
    publication a site at a time.

    Args:
        plan: A plan of live data that has not been published.
        by: The person who publishes, if a person does.
        actor: ``user:12``, ``client:3`` or ``system``.
        acknowledged: Orders whose broken promise the person signs for: by number, the
            reason the customer will read, 1 to 300 characters.
        note: Up to 300 characters, for the record.
        expected_previous: Number of the publication that the preview compared with;
            None where there was none.

    Raises:
        NotLivePlanError: If it is a plan of a what-if scenario.
        UnfinishedPlanError: If its run may still replace it.
        ReplacedPlanError: If a newer proposal has taken its place.
        AlreadyPublishedError: If it has been published before.
        NewerPublicationError: If another plan was published since the preview.
        OutdatedPlanError: If the plan in force is newer than this one.
        PromisesNotAcknowledgedError: If a broken promise has no signature or no reason;
            names all.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=_site_of(plan).pk)
    plan = _held(plan)
    diff = changes(site, plan)
    reasons = _reasons(diff, acknowledged or {})
    _refuse(plan, diff, expected_previous, reasons)
    number = (diff.previous_number or 0) + 1
    publication = Publication.objects.create(
        site=site,
        number=number,
        plan=plan,
        previous=diff.previous,
        by=by,
        actor=actor,
        note=note,
        acknowledged=sorted(one.order.number for one in diff.broken),
        reasons=reasons,
        moved_steps=diff.moved_steps,
        moved_racks=diff.moved_racks,
        promises_broken=len(diff.broken),
        kpis=kpis_of(site, plan).as_json(),
    )
    revisions = promises.revise(publication, diff.orders, reasons)
    lines = write_line_needs(plan=plan, site=site, number=number)
    write_forecast(plan=plan, site=site, number=number, now=publication.at)
    event = record(
        kind="plan.published",
        about=publication,
        actor=actor,
        scope=f"site:{site.pk}",
        cause=f"run:{plan.run_id}",
        summary=_summary(diff, number),
        before={"publication": diff.previous_number},
        after={
            "publication": number,
            "plan": plan.pk,
            "moved_racks": diff.moved_racks,
            "moved_steps": diff.moved_steps,
            "promises_broken": len(diff.broken),
            "promises_changed": len(revisions),
            "lines_needed": lines,
            "note": note,
            "reasons": reasons,
        },
    )
    promises.tell(revisions, diff.orders, cause=event)
    tell_lateness(publication, cause=event)
    write_sheds(publication)
    review_risks(publication)
    request_study(plan=plan, actor=SYSTEM)
    return publication


def roll_back(*, publication: Publication, by: User | None, actor: str) -> Run:
    """Ask for a proposal that keeps to an earlier publication's plan.

    A repair of today's live data: what has begun, passed or gone since stays as it is,
    everything else goes back to where that plan had it, and the referee judges it by
    today's facts. Publishing the proposal is a new publication.

    Args:
        publication: Which one to go back to.
        by: The person who asks, if a person does.
        actor: ``user:12``, ``client:3`` or ``system``.

    Raises:
        InForceError: If it is the one in force.
        RunUnfinishedError: If the live data are being planned already.
    """
    newest = Publication.objects.filter(site=publication.site_id).order_by("-number")
    if newest.values_list("pk", flat=True)[0] == publication.pk:
        raise InForceError(publication.number)
    return request_run(
        scenario=base_scenario(publication.site),
        by=by,
        actor=actor,
        time_limit_s=ROLL_BACK_S,
        kind=Run.Kind.REPAIR,
        favour=Run.Favour.MOVES,
        towards=publication.plan,
    )


def _site_of(plan: Plan) -> Site:
    """Return the site of a plan of live data.

    Raises:
        NotLivePlanError: If it is a plan of a what-if scenario.
    """
    scenario = plan.run.scenario
    if not scenario.is_base:
        raise NotLivePlanError(plan.pk, scenario.name)
    return scenario.site


def _held(plan: Plan) -> Plan:
    """Return a plan anew while its run is kept from replacing it. Two queries.

    Raises:
        UnfinishedPlanError: If the run goes on.
        ReplacedPlanError: If it is gone.
    """
    run = Run.objects.select_for_update(no_key=True).get(pk=plan.run_id)
    found = Plan.objects.filter(pk=plan.pk).first()
    if found is None:
        raise ReplacedPlanError(plan.pk)
    if not run.is_finished:
        raise UnfinishedPlanError(plan.pk, run.pk)
    return found


def _refuse(
    plan: Plan,
    diff: Diff,
    expected_previous: int | None,
    reasons: Mapping[str, str],
) -> None:
    """Refuse what must not be published; ``publish`` lists the reasons."""
    published = Publication.objects.filter(plan=plan).first()
    if published is not None:
        raise AlreadyPublishedError(plan.pk, published.number)
    if diff.previous_number != expected_previous:
        raise NewerPublicationError(expected_previous or 0, diff.previous_number or 0)
    if diff.previous is not None and diff.previous.plan_id > plan.pk:
        raise OutdatedPlanError(plan.pk, diff.previous.number)
    newer = Plan.objects.filter(run__scenario=plan.run.scenario_id, pk__gt=plan.pk)
    if newer.exists():
        raise ReplacedPlanError(plan.pk)
    unsigned = {one.order.number for one in diff.broken} - set(reasons)
    if unsigned:
        raise PromisesNotAcknowledgedError(tuple(sorted(unsigned)))


def _reasons(diff: Diff, acknowledged: Mapping[str, str]) -> dict[str, str]:
    """Return the reason of each broken promise that was signed for with one."""
    broken = {one.order.number for one in diff.broken}
    return {
        order: reason.strip()[: promises.REASON_MOST]
        for order, reason in sorted(acknowledged.items())
        if order in broken and reason.strip()
    }


def _summary(diff: Diff, number: int) -> str:
    """Return what a publication did, without a full stop."""
    racks = counted(diff.moved_racks, "rack")
    broken = counted(len(diff.broken), "promise")
    return f"Plan {number} published: {racks} changed, {broken} broken"
