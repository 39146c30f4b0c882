"""A grid event bends the plan: one repair, however many events and however often."""

from datetime import datetime, timedelta

from django.db.models import Max, Q

from factory.models import Site
from journal.models import Event
from scheduling.errors import NothingToRepairError, RunFinishedError, RunUnfinishedError
from scheduling.models import GridEvent, Publication, Run
from scheduling.services.grid import contract_of
from scheduling.services.runs import cancel, request_run
from scheduling.services.scenarios import base_scenario

KINDS = ("grid.event_received", "grid.contact_lost", "grid.contact_back")
REPAIR_S = 2
"""Seconds of search: the plan is under the cap before the first of them."""
SOON = timedelta(minutes=30)
"""A cap this near does not wait for the end of an optimization."""


def ask_for_repairs(now: datetime) -> list[Run]:
    """Ask for a repair at each site whose plan does not know of a grid event.

    A site has one repair however many events came in: the next run's snapshot knows
    them all. Three queries a site with a plan in force.

    Args:
        now: The present.
    """
    sites = Site.objects.filter(
        pk__in=Publication.objects.values("site").distinct()
    ).order_by("pk")
    found = [_ask(site, now) for site in sites if _is_unknown(site)]
    return [run for run in found if run is not None]


def _is_unknown(site: Site) -> bool:
    """Return whether the grid has said something that no run knows. Two queries."""
    known = Run.objects.filter(
        scenario__site=site, scenario__is_base=True, event_seq__isnull=False
    ).aggregate(last=Max("event_seq"))["last"]
    return (
        Event.objects.filter(kind__in=KINDS, scope=f"site:{site.pk}")
        .filter(Q(seq__gt=known or 0) | Q(seq__isnull=True))
        .exists()
    )


def _ask(site: Site, now: datetime) -> Run | None:
    """Ask for one repair, or make way for it; None while there is nothing to do."""
    if not contract_of(site).repairs_by_itself:
        return None
    try:
        return request_run(
            scenario=base_scenario(site),
            by=None,
            actor="system",
            time_limit_s=REPAIR_S,
            kind=Run.Kind.REPAIR,
            may_move_frozen=True,
        )
    except RunUnfinishedError as error:
        _make_way(site, error.run, now)
    except NothingToRepairError:
        return None
    return None


def _make_way(site: Site, run_id: int, now: datetime) -> None:
    """Stop an optimization that does not know of a cap about to begin."""
    run = Run.objects.get(pk=run_id)
    is_urgent = GridEvent.objects.filter(
        site=site,
        state=GridEvent.State.ANNOUNCED,
        starts_at__lte=now + SOON,
        ends_at__gt=now,
    ).exists()
    if run.is_repair or run.state != Run.State.RUNNING or not is_urgent:
        return
    try:
        cancel(run=run, actor="system")
    except RunFinishedError:
        return
