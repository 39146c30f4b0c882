"""Each page asks the database as often as its budget says, however many rows there are.

The budgets are in ``tests/query_budgets.json``. A number that falls is written down
there; one that rises with the rows is a fault.
"""

import json
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from factory.models import LotRecall, Order, Unit
from scheduling.models import AutoRepair, PlannedRack, Publication, Run, SiteMove
from scheduling.services.publish import publish
from scheduling.services.quotes import request_quote
from suppliers.models import Commitment
from tests.builders.factory import (
    NOW,
    a_site,
    a_step_record,
    a_stock_lot,
    an_order,
    an_outage,
)
from tests.builders.reading import a_reader, signed_in
from tests.builders.runs import a_run
from tests.builders.scheduling import (
    a_base_scenario,
    a_grid_event,
    a_stored_plan,
    a_what_if,
)
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_source,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

BUDGETS = Path(__file__).parent.parent / "query_budgets.json"
DAY = timedelta(days=1)
SIZES = (2, 7)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


def a_site_of_size(size: int) -> tuple[dict[str, str], dict[str, Client]]:
    """Return each page's address and each reader's client at a site of some size.

    Orders, racks, lines, answers, runs and needs all grow with it.
    """
    world = a_small_world(racks=size)
    supplier = a_supplier()
    for part in world.parts.values():
        a_stock_lot(world.site, part, 1_000)
        a_source(supplier, part)
    for _ in range(size - 1):
        an_order(world.site, world.model, racks=2)
    lines = _lines(world, supplier, size)
    plan = _published(world)
    a_stored_plan(world.site, as_of=NOW + DAY)
    late = PlannedRack.objects.filter(plan=plan)
    late.update(late_min=60, sentence="Power is short.", limit="power")
    for _ in range(size):
        a_run(Run.State.FAILED, scenario=a_base_scenario(world.site))
    for rack in world.racks[1:]:
        Unit.objects.filter(pk=rack.pk).update(state=Unit.State.IN_WORK)
        a_step_record(rack)
    order = Order.objects.get(pk=world.order.pk)
    scenarios = [
        a_what_if(
            world.site,
            {"kind": "order_due", "order": order.number, "days": 1},
            name=f"What if {number}",
        )
        for number in range(size)
    ]
    serial = {"rack": world.racks[0].serial}
    addresses = {
        "control": reverse("control"),
        "plan": reverse("plan"),
        "plan with a rack": _asked("plan", **serial),
        "plan_data": reverse("plan_data", args=[plan.pk]),
        "plan_rack": _asked("plan_rack", plan.pk, **serial),
        "publish": reverse("publish"),
        "orders": reverse("orders"),
        "orders late": _asked("orders", show="late"),
        "order": reverse("order", args=[order.number]),
        "commitments": _asked("commitments", tab="all"),
        "commitments that matter": _asked("commitments", tab="matters"),
        "commitments outward": _asked("commitments", side="out"),
        "commitment": reverse("commitment", args=[lines[0].commitment.pk]),
        "suppliers": reverse("suppliers"),
        "supplier": reverse("supplier", args=[supplier.code]),
        "runs": reverse("runs"),
        "run": reverse("run", args=[plan.run_id]),
        "run_progress": reverse("run_progress", args=[plan.run_id]),
        "light": reverse("light"),
        "light of an order": reverse("light_order", args=[order.number]),
        "clear to build": reverse("clear_to_build"),
        "pegging of an order": reverse("pegging_order", args=[order.number]),
        "pegging of a line": reverse("pegging_line", args=[lines[0].pk]),
        "scenarios": reverse("scenarios"),
        "scenario": reverse("scenario", args=[scenarios[0].pk]),
        "scenarios compared": _asked(
            "scenario_compare", s=[one.pk for one in scenarios[:2]]
        ),
        **_events(world, order, size),
        "publications": reverse("publications"),
        "views": reverse("views"),
        "find": _asked("find", q="co"),
        "portal": reverse("portal"),
        "portal_line": reverse("portal_line", args=[lines[0].pk]),
        "floor": _asked("floor", place="all"),
        "floor_rack": reverse("floor_rack", args=[world.racks[1].serial]),
    }
    readers = {
        "portal": signed_in(a_supplier_user(supplier)),
        "floor": a_reader(world.site, "technician"),
        "": a_reader(world.site),
    }
    return addresses, readers


def _events(world, order: Order, size: int) -> dict[str, str]:
    """Return the pages of what happens at the site, rows of each growing with it."""
    other = a_site()
    for number in range(size):
        a_grid_event(world.site, name=f"Evening {number}")
        an_outage(world.site, bay=world.bays[0], ends_at=NOW + 400 * DAY)
        LotRecall.objects.create(
            site=world.site,
            part=world.parts["FRAME"],
            lot=f"L-{number}",
            reason="Cracks",
            author="Inês Duarte",
            at=NOW,
        )
        quote = request_quote(
            site=world.site,
            rack_model=world.model,
            quantity=1,
            wish_date=NOW.date(),
            actor="user:7",
        )
        SiteMove.objects.create(
            order=order,
            origin=world.site,
            target=other,
            transit_min=60,
            quote=quote,
            why="It ships late.",
            state=SiteMove.State.LEFT,
            decided_by="Ruth Okafor",
            decided_at=NOW,
        )
        AutoRepair.objects.create(
            site=world.site,
            state=AutoRepair.State.DROPPED,
            events=1,
            first_at=NOW,
            last_at=NOW,
            last_event=1,
            cause="A lot is held",
            why="The policy was switched off.",
            ended_at=NOW,
        )
        order.changes.create(
            kind="pause", author="Ruth Okafor", reason="Later.", at=NOW
        )
    return {
        "grid": reverse("grid"),
        "grid_room": reverse("grid_room"),
        "quotes": reverse("quotes"),
        "quote": reverse("quote", args=[quote.pk]),
        "outages": reverse("outages"),
        "recalls": reverse("recalls"),
        "repairs": reverse("repair_policy"),
        "other sites": reverse("site_moves"),
        "changes of an order": reverse("changes", args=[order.number]),
    }


def _asked(name, *args, **query) -> str:
    return reverse(name, args=args, query=query)


def _lines(world, supplier, size: int):
    """Return lines with one answer, several, and none; some hold racks up."""
    asked = TODAY + 14 * DAY
    part = world.parts["SENSOR"]
    lines = [
        a_line(supplier=supplier, site=world.site, part=part, quantity=29)
        for _ in range(3 * size)
    ]
    for line, answers in zip(lines, cycle((1, size, 0)), strict=False):
        if answers:
            # The later ones come too late for the need, at every size.
            days = range(answers) if answers == 1 else range(6, 6 + answers)
            promises = [[(asked + number * DAY, 29)] for number in days]
            a_commitment(line, *promises)
    return lines


def _published(world):
    """Return a plan in force; its promises are the orders' first."""
    plan = a_stored_plan(world.site)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    assert Publication.objects.count() == 1
    for line in Commitment.objects.for_staff().select_related("line"):
        if not hasattr(line.line, "need"):
            a_line_need(line.line, blocked_racks=1)
    return plan


def _reader_of(name: str, readers: dict[str, Client]) -> Client:
    return readers.get(name.partition("_")[0], readers[""])


def queries_at(size: int) -> dict[str, int]:
    """Return how often each page asks the database at a site of some size."""
    addresses, readers = a_site_of_size(size)
    counts = {}
    for name, path in addresses.items():
        reader = _reader_of(name, readers)
        assert reader.get(path).status_code == 200, name
        with CaptureQueriesContext(connection) as queries:
            reader.get(path)
        counts[name] = len(queries)
    return counts


@pytest.mark.parametrize("size", SIZES)
def test_each_page_asks_as_often_as_its_budget_says(size):
    budgets = json.loads(BUDGETS.read_text(encoding="utf-8"))

    assert queries_at(size) == budgets
