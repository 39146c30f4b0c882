"""What happened since a plan was made: facts of its site, one line a cause."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from factory.models import (
    Calendar,
    CalendarException,
    CoolingLoop,
    Crew,
    LotRecall,
    Order,
    Outage,
    PowerBay,
    PowerNode,
    Shift,
    Site,
    StockLot,
    Unit,
    WorkCentre,
)
from journal.models import Event
from journal.telling import MODEL, Did, site_in
from journal.wording import counted
from scheduling.models import GridEvent, GridLink, Plan
from suppliers.models import (
    Commitment,
    DeclaredCapacity,
    PurchaseOrder,
    Receipt,
    Shipment,
)

MOST_CAUSES = 500
"""A plan this stale is stale enough; the page need not count on."""


def _of(name: str, limit: str) -> dict[str, str]:
    """Return the kinds of event about a row of master data, with its limit."""
    return {f"{name}.{did}": limit for did in Did}


LIMITS: Final[Mapping[str, str]] = {
    "commitment.committed": "material",
    "commitment.changed": "material",
    "commitment.decommitted": "material",
    "commitment.rejected": "material",
    "commitment.shipped": "material",
    "shipment.changed": "material",
    "purchase_order.changed": "material",
    "receipt.recorded": "material",
    "capacity.declared": "material",
    **_of("stock_lot", "material"),
    "stock.returned": "material",
    "stock.came_again": "material",
    **_of("bom", "material"),
    "alternate.approved": "material",
    "alternate.changed": "material",
    "alternate.withdrawn": "material",
    "stock.held": "quality",
    "stock.released": "quality",
    "order.created": "",
    "order.changed": "",
    "step.started": "",
    "step.passed": "",
    "step.corrected": "",
    "step.failed": "rework",
    "grid.event_received": "curtailment",
    "grid.contact_lost": "curtailment",
    "grid.contact_back": "curtailment",
    **_of("power_node", "power"),
    **_of("power_bay", "bay"),
    **_of("cooling_loop", "cooling"),
    **_of("crew", "crew"),
    **_of("work_centre", "work_centre"),
    **_of("calendar", "shift"),
    **_of("shift", "shift"),
    **_of("calendar_exception", "shift"),
    **_of("routing_step", "work"),
    **_of("fixed_lag", "physics"),
    "rack_model.changed": "",
    "customer.changed": "transit",
    "site.changed": "",
    "site.imported": "",
    "outage.recorded": "outage",
    "outage.ended": "outage",
    "order.left": "",
    "lot.recalled": "quality",
    "lot.recall_ended": "quality",
}
"""Kinds of event that change what a plan rests on, each with the limit it is about.

Seeing a purchase order, or placing one, changes no plan: it promises nothing.
"""

ROUTINE: Final = frozenset({"step.started", "step.passed"})
"""Work going on; told in one line however many steps."""


_Object = tuple[str, str]
"""Type and key of what an event is about."""


class _Way(NamedTuple):
    """The way from the key of an event's object to a site: rows, site, key."""

    rows: Callable[[], QuerySet[Any]]
    site: str
    key: str = "pk"


SITES: Final[Mapping[str, _Way]] = {
    "commitment": _Way(Commitment.objects.for_staff, "line__purchase_order__site"),
    "purchaseorder": _Way(PurchaseOrder.objects.for_staff, "site"),
    "shipment": _Way(Shipment.objects.for_staff, "site"),
    "receipt": _Way(Receipt.objects.for_staff, "line__purchase_order__site"),
    "stocklot": _Way(StockLot.objects.all, "site"),
    "order": _Way(Order.objects.all, "site"),
    "unit": _Way(Unit.objects.all, "site"),
    "powernode": _Way(PowerNode.objects.all, "site"),
    "powerbay": _Way(PowerBay.objects.all, "site"),
    "rackmodel": _Way(Order.objects.all, "site", "rack_model"),
    "part": _Way(Order.objects.all, "site", "rack_model__bom_lines__part"),
    "routingstep": _Way(PowerBay.objects.all, "site", "supported_models__steps"),
    "fixedlag": _Way(PowerBay.objects.all, "site", "supported_models__lags"),
    MODEL: _Way(PowerBay.objects.all, "site", "supported_models"),
    "customer": _Way(Order.objects.all, "site", "customer"),
    "coolingloop": _Way(CoolingLoop.objects.all, "site"),
    "crew": _Way(Crew.objects.all, "site"),
    "workcentre": _Way(WorkCentre.objects.all, "site"),
    "calendar": _Way(Calendar.objects.all, "site"),
    "shift": _Way(Shift.objects.all, "calendar__site"),
    "calendarexception": _Way(CalendarException.objects.all, "calendar__site"),
    "gridevent": _Way(GridEvent.objects.all, "site"),
    "gridlink": _Way(GridLink.objects.all, "site"),
    "outage": _Way(Outage.objects.all, "site"),
    "site": _Way(Site.objects.all, "pk"),
    "lotrecall": _Way(LotRecall.objects.all, "site"),
    "declaredcapacity": _Way(
        DeclaredCapacity.objects.for_staff,
        "supplier__purchase_orders__site",
    ),
}
"""The way from the kind of an event's object to its site, or to all it is about.

What is told in a rack model's scope goes by the model, also when its row is gone.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One cause that is newer than a plan.

    Attributes:
        kind: The newest event's kind.
        sentence: What happened last, with its full stop.
        count: Events of this cause.
        at: When the last of them happened.
        limit: Word of the limit it is about; empty where it is none.
        about: The newest event's object, such as ``commitment:12``.
    """

    kind: str
    sentence: str
    count: int
    at: datetime
    limit: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Events about one object, told together."""

    object_type: str
    object_id: str
    scope: str
    cause: str
    count: int
    last: int


def facts_newer_than(plan: Plan) -> list[Fact]:
    """Return what a plan does not know, the newest first.

    Events the journal has not numbered yet count as newer. Several events of one cause,
    or about one object where no cause is given, are one fact. Three queries, and one
    more for each kind of object concerned.
    """
    groups = _groups(plan)
    if not groups:
        return []
    site = Plan.objects.values_list("run__scenario__site").get(pk=plan.pk)[0]
    known = _sites_of(groups)
    return _told(
        _by_cause(
            group
            for group in groups
            if site in known[group.object_type, group.object_id]
        )
    )


def _groups(plan: Plan) -> list[_Group]:
    """Return later events by object and cause, the latest first. One query."""
    rows = (
        Event.objects.filter(
            Q(seq__gt=plan.event_seq) | Q(seq__isnull=True), kind__in=LIMITS
        )
        .order_by()
        .values("object_type", "object_id", "scope", "cause")
        .annotate(count=Count("pk"), last=Max("pk"))
        .order_by("-last")[:MOST_CAUSES]
    )
    return [_Group(**row) for row in rows]


def _sites_of(groups: Iterable[_Group]) -> dict[_Object, set[int]]:
    """Return the sites each object is about. One query a kind of object.

    What is told in a site's scope is about that site, also when its row is gone.
    """
    wanted: dict[str, dict[str, set[_Object]]] = defaultdict(lambda: defaultdict(set))
    found: dict[_Object, set[int]] = defaultdict(set)
    for group in groups:
        about = (group.object_type, group.object_id)
        wanted[group.object_type][group.object_id].add(about)
        if (site := site_in(group.scope)) is not None:
            found[about].add(site)
        if group.scope.startswith(MODEL):
            wanted[MODEL][group.scope.removeprefix(MODEL)].add(about)
    for kind in wanted.keys() & SITES.keys():
        way, ids = SITES[kind], wanted[kind]
        rows = way.rows().filter(**{f"{way.key}__in": list(ids)}).order_by().distinct()
        for key, site in rows.values_list(way.key, way.site):
            for about in ids[str(key)]:
                found[about].add(site)
    return found


def sites_of_events(events: Iterable[Event]) -> dict[int, list[Event]]:
    """Return events by the site they are about. One query a kind of object."""
    listed = list(events)
    known = _sites_of(
        _Group(
            object_type=one.object_type,
            object_id=one.object_id,
            scope=one.scope,
            cause=one.cause,
            count=1,
            last=one.pk,
        )
        for one in listed
    )
    found: dict[int, list[Event]] = defaultdict(list)
    for one in listed:
        for site in known[one.object_type, one.object_id]:
            found[site].append(one)
    return found


def _by_cause(groups: Iterable[_Group]) -> Counter[int]:
    """Return how many events each cause has, by its last event."""
    last: dict[str, int] = {}
    counts: Counter[int] = Counter()
    for group in groups:
        cause = group.cause or f"{group.object_type}:{group.object_id}"
        counts[last.setdefault(cause, group.last)] += group.count
    return counts


def _told(counts: Counter[int]) -> list[Fact]:
    """Return causes as sentences, work going on in a single one. One query."""
    facts: list[Fact] = []
    routine: list[Fact] = []
    for event in Event.objects.filter(pk__in=counts).order_by("-at", "-pk"):
        fact = Fact(
            kind=event.kind,
            sentence=f"{event.summary or event.kind}.",
            count=counts[event.pk],
            at=event.at,
            limit=LIMITS[event.kind],
            about=f"{event.object_type}:{event.object_id}",
        )
        (routine if event.kind in ROUTINE else facts).append(fact)
    if routine:
        steps = counted(len(routine), "step")
        facts.append(
            Fact(
                kind=routine[0].kind,
                sentence=f"{steps} begun or passed on the floor.",
                count=sum(fact.count for fact in routine),
                at=routine[0].at,
                limit="",
                about="floor:work",
            )
        )
    return sorted(facts, key=lambda fact: fact.at, reverse=True)
