"""Who owns a fact that is newer than the plan, and which racks the plan leaves out."""

from collections.abc import Iterable, Sequence

from django.db.models import Count, Q

from factory.models import Order, Outage, Site, StockLot, Unit
from journal.wording import counted
from scheduling.models import Plan, PlannedRack
from scheduling.staleness import Fact
from suppliers.models import PurchaseOrder, Receipt, Shipment, Tranche

ON_THE_GRID = frozenset({"curtailment", "power"})
TARGETS = ("bay__node", "node", "loop", "work_centre", "crew")
"""What an outage can be of, by the way to the owner."""


def keys_of(facts: Iterable[Fact], kind: str) -> list[int]:
    """Return the primary keys of the objects of a kind that facts are about."""
    split = (fact.about.partition(":") for fact in facts)
    return [int(key) for name, _, key in split if name == kind and key.isdigit()]


def owners_of(site: Site, facts: Sequence[Fact]) -> dict[str, str]:
    """Return who owns each fact's limit, by what it is about. At most six queries.

    The buyer for what suppliers bring, the account owner for an order, whoever owns
    what is out for an outage, and else whoever answers for power.
    """
    power = {fact.about: site.power_owner for fact in facts if _is_power(fact)}
    return power | _buyers(facts) | _accounts(facts) | _of_outages(site, facts)


def _is_power(fact: Fact) -> bool:
    return fact.limit in ON_THE_GRID


def _buyers(facts: Sequence[Fact]) -> dict[str, str]:
    """Return the buyers of parts that are promised, bought, shipped, here or held."""
    found: dict[str, str] = {}
    head = "line__part__buyer", "line__purchase_order__supplier__buyer"
    readings = (
        ("commitment", Tranche.objects.for_staff(), "revision__commitment", head),
        ("receipt", Receipt.objects.for_staff(), "pk", head),
        ("shipment", Shipment.objects.for_staff(), "pk", ("supplier__buyer",) * 2),
        (
            "purchaseorder",
            PurchaseOrder.objects.for_staff(),
            "pk",
            ("supplier__buyer",) * 2,
        ),
        ("stocklot", StockLot.objects.all(), "pk", ("part__buyer",) * 2),
    )
    for kind, rows, key, ways in readings:
        keys = keys_of(facts, kind)
        if not keys:
            continue
        prefix = "revision__commitment__" if kind == "commitment" else ""
        read = rows.filter(**{f"{key}__in": keys}).values_list(
            key, *(prefix + way for way in ways)
        )
        found |= {f"{kind}:{pk}": part or other for pk, part, other in read.distinct()}
    return found


def _accounts(facts: Sequence[Fact]) -> dict[str, str]:
    """Return the account owners of customers whose orders changed. One query."""
    keys = keys_of(facts, "order")
    if not keys:
        return {}
    rows = Order.objects.filter(pk__in=keys).values_list("pk", "customer__owner")
    return {f"order:{pk}": owner for pk, owner in rows}


def _of_outages(site: Site, facts: Sequence[Fact]) -> dict[str, str]:
    """Return who owns what is out. One query."""
    keys = keys_of(facts, "outage")
    if not keys:
        return {}
    columns = [f"{way}__owner" for way in TARGETS]
    rows = Outage.objects.filter(pk__in=keys).values_list("pk", *columns)
    return {
        f"outage:{pk}": next(filter(None, owners), site.power_owner)
        for pk, *owners in rows
    }


def left_out(plan: Plan, facts: Sequence[Fact]) -> dict[str, str]:
    """Return what a plan leaves of each order that is new or changed. Two queries."""
    keys = keys_of(facts, "order")
    if not keys:
        return {}
    known = PlannedRack.objects.filter(plan=plan, rack__order__in=keys).values("rack")
    orders = Order.objects.filter(pk__in=keys).annotate(
        missing=Count(
            "racks",
            filter=Q(racks__state__in=(Unit.State.PLANNED, Unit.State.IN_WORK))
            & ~Q(racks__in=known),
        )
    )
    return {f"order:{order.pk}": _told(order.missing) for order in orders}


def _told(missing: int) -> str:
    if not missing:
        return "All its racks are in the plan, on the days it had before."
    verb = "is" if missing == 1 else "are"
    return f"{counted(missing, 'rack')} of it {verb} in no plan and would not ship."
