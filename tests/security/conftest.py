"""One person of each audience, and one object for every address that names one."""

import pytest
from django.contrib.auth.models import User

from factory.access import Audience
from factory.models import StockLot
from factory.order_rules import Kind, Wish
from factory.services.order_changes import Signed
from factory.services.recalls import recall_lot
from journal.webhooks.queue import ping
from scheduling.blobs import put_problem, put_schedule
from scheduling.services.order_changes import propose
from tests.builders.factory import an_outage
from tests.builders.problems import a_problem
from tests.builders.reference import reference_plan
from tests.builders.scheduling import (
    a_base_scenario,
    a_grid_event,
    a_pin,
    a_plan,
    a_run,
    a_what_if,
)
from tests.builders.suppliers import (
    a_commitment,
    a_line,
    a_purchase_order,
    a_receipt,
    a_shipment,
    a_supplier,
    a_supplier_user,
    an_upload,
)
from tests.builders.webhooks import an_endpoint
from tests.builders.world import a_small_world, a_user

STAFF = [audience for audience in Audience if audience != Audience.SUPPLIER]


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Return one person of each audience, and a supplier who is a stranger."""
    world = a_small_world()
    a_base_scenario(world.site)
    supplier = a_supplier(code="tessaline")
    order = a_purchase_order(supplier, site=world.site)
    commitment = a_commitment(a_line(order))
    shipment = a_shipment((commitment.line, 40))
    receipt = a_receipt(a_line(order), 1, hold_reason="Seal broken")
    problem = a_problem()
    plan = a_plan(
        world.site,
        {},
        run=a_run(world.site),
        problem=put_problem(problem),
        schedule=put_schedule(reference_plan(problem)),
    )
    made: dict[str, User] = {
        role.value: a_user(role.value, site=world.site) for role in STAFF
    }
    made[Audience.SUPPLIER.value] = a_supplier_user(supplier)
    made["stranger"] = a_supplier_user(a_supplier(code="stranger"))
    made["nobody"] = User.objects.create_user("nobody")
    endpoint, _ = an_endpoint()
    change = propose(
        order=world.order,
        wish=Wish(kind=Kind.PAUSE, reason="Later."),
        by=Signed(author="A", actor="user:1"),
    )
    recall = recall_lot(
        site=world.site,
        part=world.parts["FRAME"],
        lot=StockLot.objects.get(part=world.parts["FRAME"]).lot,
        reason="Cracks",
        holds_racks=False,
        by=Signed(author="A", actor="user:1"),
    )
    made["objects"] = {  # type: ignore[assignment]  # carried beside the people
        "number": world.order.number,
        "plan_id": plan.pk,
        "run_id": plan.run_id,
        "view_id": 1,
        "risk_id": 1,
        "publication_number": 1,
        "scenario_id": a_what_if(world.site).pk,
        "event_id": a_grid_event(world.site).pk,
        "serial": world.racks[0].serial,
        "change_id": change.pk,
        "outage_id": an_outage(world.site, bay=world.bays[0]).pk,
        "recall_id": recall.pk,
        "move_id": 1,
        "quote_id": 1,
        "site": world.site.code,
        "pk": commitment.pk,
        "line_id": commitment.line_id,
        "part_id": commitment.line.part_id,
        "code": supplier.code,
        "delegation_id": 1,
        "kind": "csv",
        "shipment_id": shipment.pk,
        "shipment_line_id": shipment.lines.get().pk,
        "receipt_id": receipt.pk,
        "upload_id": an_upload(supplier, "4500-1 line 10").pk,
        "run": plan.run_id,
        "key": "rackline:none",
        "client_id": endpoint.client_id,
        "key_id": endpoint.client.keys.get().pk,
        "endpoint_id": endpoint.pk,
        "pin_id": a_pin(world.racks[0]).pk,
        "delivery_id": ping(endpoint=endpoint).pk,
    }
    return made
