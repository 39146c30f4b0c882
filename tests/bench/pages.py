"""How long pages take, and whether their queries grow with the rows."""

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from factory.models import Order, Place, Unit
from journal.export import csv_bytes
from scheduling.models import Plan, PlannedRack, Publication, Run, Scenario
from suppliers.models import (
    Commitment,
    PurchaseOrderLine,
    Shipment,
    Supplier,
    SupplierUser,
    Upload,
)
from suppliers.queries.board import Tab
from suppliers.queries.sheet import open_rows
from suppliers.queries.shipping import shippable
from suppliers.services.author import Author, Door
from suppliers.services.notices import Item, Notice
from suppliers.services.shipments import announce_shipment
from suppliers.services.uploads import claim, take_upload, work
from suppliers.tenancy import Role, Tenant
from tests.bench.row import Row, at_most, p95, say
from tests.bench.worlds import World, a_reader

GOAL_MS = 300
PORTAL_GOAL_MS = 200
WARM_UPS = 3
MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address as one person opens it.

    Attributes:
        name: As the table shows it.
        url: Path and query string.
        reader: Who opens it.
        goal_ms: What it may take at p95.
    """

    name: str
    url: str
    reader: Client
    goal_ms: int = GOAL_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What opening a page cost.

    Attributes:
        times_ms: Each request's milliseconds, after the warm-ups.
        queries: Of one request.
        size: Bytes of the answer.
        goal_ms: The page's.
    """

    times_ms: tuple[float, ...]
    queries: int
    size: int
    goal_ms: int = GOAL_MS


def pages(world: World) -> list[Page]:
    """Return every page of the site, lists with each of their tabs."""
    return [*_planner(world), *_buyer(), *_supplier(), *_technician(world)]


def visit(page: Page, requests: int) -> Visit:
    """Open a page so many times after three warm-ups, through all the middleware.

    Raises:
        RuntimeError: If it does not answer 200; a figure of an error page is none.
    """
    for _ in range(WARM_UPS):
        answer = page.reader.get(page.url)
        if answer.status_code != 200:
            raise RuntimeError(f"{page.name} answers {answer.status_code}: {page.url}")
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        answer = page.reader.get(page.url)
        times.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as queries:
        page.reader.get(page.url)
    return Visit(
        times_ms=tuple(times),
        queries=len(queries),
        size=len(answer.content),
        goal_ms=page.goal_ms,
    )


def visit_all(world: World, requests: int) -> dict[str, Visit]:
    """Open every page; return what each cost by its name.

    A web process has frozen what it loaded, and never loads the solver and the plans
    that this one made first.
    """
    gc.freeze()
    found = {}
    for page in pages(world):
        say(f"  {page.name}")
        found[page.name] = visit(page, requests)
    return found


def time_rows(world: World, visits: dict[str, Visit]) -> Iterator[Row]:
    """Yield a row a page, the slowest first."""
    note = world.describe()
    slowest_first = sorted(visits.items(), key=lambda item: -p95(item[1].times_ms))
    for name, cost in slowest_first:
        yield at_most(
            f"page {name}, p95",
            p95(cost.times_ms),
            cost.goal_ms,
            "ms",
            f"{cost.queries} queries, {cost.size / 1000:,.0f} kB; "
            f"{len(cost.times_ms)} requests; {note}",
        )


def slowest_row(world: World, visits: dict[str, Visit]) -> Row:
    """Return the slowest page of a world as one row."""
    name, cost = max(visits.items(), key=lambda item: p95(item[1].times_ms))
    return at_most(
        f"slowest page at {world.racks:,} racks, p95",
        p95(cost.times_ms),
        GOAL_MS,
        "ms",
        f"{name}; {len(visits)} pages; {world.describe()}",
    )


def growth_row(small: dict[str, Visit], large: dict[str, Visit], between: str) -> Row:
    """Return whether any page asks more of the database when there is more in it."""
    both = small.keys() & large.keys()
    grown = sorted(
        f"{name} {small[name].queries} → {large[name].queries}"
        for name in both
        if large[name].queries > small[name].queries
    )
    most = max(both, key=lambda name: large[name].queries)
    return Row(
        figure="queries a page, small → large",
        goal="none grows",
        result=f"{len(grown)} of {len(both)} grow",
        is_missed=bool(grown),
        note="; ".join(
            [
                *grown[:MOST_NAMED],
                f"most: {most}, {large[most].queries}",
                between,
            ]
        ),
    )


def _planner(world: World) -> Iterator[Page]:
    """Yield the office's pages as the planner opens them."""
    reader = a_reader("planner")
    plan = Publication.objects.get().plan
    proposal = Plan.objects.order_by("-pk")[0]
    rack = PlannedRack.objects.filter(plan=plan, ships_at__isnull=False)[0].rack
    order = Order.objects.exclude(racks=None).order_by("-quantity", "number")[0]
    run = Run.objects.order_by("-pk")[0]
    supplier = _busiest_supplier()
    commitment = Commitment.objects.for_staff().order_by("-version", "pk")[0]
    urls = {
        "control": reverse("control"),
        "plan": reverse("plan"),
        "plan, one rack": f"{reverse('plan')}?rack={rack.serial}",
        "plan, proposal": f"{reverse('plan')}?plan={proposal.pk}",
        "plan data": reverse("plan_data", args=[plan.pk]),
        "plan rack panel": f"{reverse('plan_rack', args=[plan.pk])}?rack={rack.serial}",
        "publish": reverse("publish"),
        "orders, open": reverse("orders"),
        "orders, late": f"{reverse('orders')}?show=late",
        "orders, all": f"{reverse('orders')}?show=all",
        "orders, search": f"{reverse('orders')}?q=alder",
        "order": reverse("order", args=[order.number]),
        **{
            f"commitments, {tab.value}": f"{reverse('commitments')}?tab={tab.value}"
            for tab in Tab
        },
        "commitments, last page": f"{reverse('commitments')}?tab=all&page=999999",
        "commitments, outward": f"{reverse('commitments')}?side=out",
        "commitment": reverse("commitment", args=[commitment.pk]),
        "suppliers": reverse("suppliers"),
        "supplier": reverse("supplier", args=[supplier.code]),
        "supplier, trust": reverse("supplier_trust", args=[supplier.code]),
        "supplier, people": reverse("supplier_people", args=[supplier.code]),
        "needs ahead": reverse("forecast"),
        "expediting": reverse("expedite"),
        "golden screws": reverse("golden_screws"),
        "mail": reverse("mail_log"),
        "runs": reverse("runs"),
        "run": reverse("run", args=[run.pk]),
        "run progress": reverse("run_progress", args=[run.pk]),
        **_workspace(rack, order),
    }
    for name, url in urls.items():
        yield Page(name=name, url=url, reader=reader)


def _workspace(rack: Unit, order: Order) -> dict[str, str]:
    """Return the addresses of the workspace's pages by name."""
    site = order.site
    base = Scenario.objects.get(site=site, is_base=True)
    scenario, _ = Scenario.objects.get_or_create(site=site, name="What if")
    line = PurchaseOrderLine.objects.for_staff().order_by("pk")[0]
    compared = f"?s={base.pk}&s={scenario.pk}"
    return {
        "control, snoozed": f"{reverse('control')}?inbox=snoozed",
        "speed of light": reverse("light"),
        "speed of light, order": reverse("light_order", args=[order.number]),
        "speed of light, rack": reverse("light_rack", args=[rack.serial]),
        "clear to build": reverse("clear_to_build"),
        "clear to build, parts": f"{reverse('clear_to_build')}?by=part&level=p50",
        "pegging, order": reverse("pegging_order", args=[order.number]),
        "pegging, rack": reverse("pegging_rack", args=[rack.serial]),
        "pegging, line": reverse("pegging_line", args=[line.pk]),
        "scenarios": reverse("scenarios"),
        "scenario": reverse("scenario", args=[scenario.pk]),
        "scenario, adding": f"{reverse('scenario', args=[scenario.pk])}?add=part_late",
        "scenarios compared": reverse("scenario_compare") + compared,
        "grid": reverse("grid"),
        "room on the grid": reverse("grid_room"),
        "capable to promise": reverse("quotes"),
        "outages": reverse("outages"),
        "recalls": reverse("recalls"),
        "repairs": reverse("repair_policy"),
        "other sites": reverse("site_moves"),
        "order, changes": reverse("changes", args=[order.number]),
        "publications": reverse("publications"),
        "views": reverse("views"),
        "find": f"{reverse('find')}?q=al",
        "palette": f"{reverse('find_data')}?q=al",
    }


def _buyer() -> Iterator[Page]:
    """Yield what differs for a reader who may not publish."""
    reader = a_reader("buyer")
    yield Page(name="publish, buyer", url=reverse("publish"), reader=reader)


def _supplier() -> Iterator[Page]:
    """Yield the portal as the demo's first supplier opens it."""
    person = SupplierUser.objects.for_staff().get(user__username="supplier")
    line = (
        PurchaseOrderLine.objects.for_supplier(person.supplier)
        .filter(state=PurchaseOrderLine.State.OPEN)
        .order_by("pk")[0]
    )
    reader = a_reader("supplier")
    upload = _an_upload(person)
    shipment = _a_shipment(person)
    urls = {
        "portal": reverse("portal"),
        "portal line": reverse("portal_line", args=[line.pk]),
        "portal, needs ahead": reverse("needs_ahead"),
        "portal, shipments": reverse("portal_shipments"),
        "portal, one shipment": reverse("portal_shipment", args=[shipment.pk]),
        "portal, ship": f"{reverse('portal_ship')}?line={line.pk}",
        "portal, spreadsheet": reverse("portal_sheet"),
        "portal, workbook": reverse("portal_sheet_file", args=["xlsx"]),
        "portal, upload": reverse("portal_upload", args=[upload.pk]),
        "portal, people": reverse("people"),
        **{
            f"portal, trust, {measure}": f"{reverse('own_trust')}?measure={measure}"
            for measure in ("original", "response", "absorption", "steady")
        },
    }
    for name, url in urls.items():
        yield Page(name=name, url=url, reader=reader, goal_ms=PORTAL_GOAL_MS)


def _an_upload(person: SupplierUser) -> Upload:
    """Return the person's open lines, sent back as they were and checked."""
    tenant = Tenant(
        supplier=person.supplier, person=person.user, role=Role(person.role)
    )
    upload = take_upload(
        supplier=person.supplier,
        by=person.user_id,
        name="bench.csv",
        content=csv_bytes(open_rows(tenant, now=timezone.now())),
        mode=Upload.Mode.CHECK,
    )
    claimed = claim(upload.pk, now=timezone.now())
    if claimed is not None:
        work(claimed)
    return upload


def _a_shipment(person: SupplierUser) -> Shipment:
    """Return what the supplier announced first; one is made if it has none."""
    found = Shipment.objects.for_supplier(person.supplier).order_by("pk").first()
    if found is not None:
        return found
    now = timezone.now()
    tenant = Tenant(
        supplier=person.supplier, person=person.user, role=Role(person.role)
    )
    own = shippable(tenant, now=now)[0]
    return announce_shipment(
        supplier=person.supplier,
        notice=Notice(
            carrier="Bench",
            shipped_on=now.date(),
            expected_on=now.date() + timedelta(days=3),
            items=(Item(line_id=own.line.pk, quantity=1),),
        ),
        author=Author.of_user(person.user, door=Door.PORTAL),
        now=now,
    )


def _technician(world: World) -> Iterator[Page]:
    """Yield the floor as a technician opens it."""
    reader = a_reader("technician")
    rack = (
        Unit.objects.racks()
        .filter(site=world.site, state=Unit.State.IN_WORK)
        .order_by("pk")[0]
    )
    yield Page(name="floor", url=reverse("floor"), reader=reader)
    yield Page(
        name="floor, everywhere", url=f"{reverse('floor')}?place=all", reader=reader
    )
    yield Page(
        name="floor, bays",
        url=f"{reverse('floor')}?place={Place.BAY.value}",
        reader=reader,
    )
    yield Page(
        name="floor rack", url=reverse("floor_rack", args=[rack.serial]), reader=reader
    )


def _busiest_supplier() -> Supplier:
    """Return the supplier with most lines."""
    counts: dict[int, int] = {}
    for (pk,) in PurchaseOrderLine.objects.for_staff().values_list(
        "purchase_order__supplier"
    ):
        counts[pk] = counts.get(pk, 0) + 1
    return Supplier.objects.get(pk=max(counts, key=lambda pk: (counts[pk], pk)))
