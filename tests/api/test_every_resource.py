"""Every resource keeps the same rules: found by id, shown as declared, few queries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factory.models import Order
from factory.services.order_changes import Signed, wish_of
from factory.services.recalls import recall_lot
from journal.api.ids import key_of
from journal.api.names import ByColumns
from journal.api.reading import parameters_of
from journal.api.resources import Resource
from journal.models import Reference
from scheduling.api.promises import PROMISE_DATES
from scheduling.api.resources import RESOURCES, UPSERTS
from scheduling.api.runs import RUNS
from scheduling.blobs import put_problem, put_schedule
from scheduling.models import CustomerPromise
from scheduling.services.previews import request_preview
from suppliers.api.commitments import COMMITMENTS, RECEIPTS
from suppliers.models import PurchaseOrder, PurchaseOrderLine
from tests.builders.api import Caller
from tests.builders.factory import (
    a_bay,
    a_part,
    a_rack_model,
    a_stock_lot,
    an_order,
    an_outage,
)
from tests.builders.problems import a_problem
from tests.builders.reference import reference_plan
from tests.builders.scheduling import a_base_scenario, a_grid_event, a_plan, a_run
from tests.builders.suppliers import (
    a_commitment,
    a_forecast_bucket,
    a_line,
    a_purchase_order,
    a_receipt,
    a_shipment,
    a_supplier,
)
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db

ALL = [*RESOURCES, RECEIPTS, RUNS]
MOST_QUERIES = 8
"""Of one page: the key, the rows, what hangs on them, and their names."""


def name_of(resource: Resource) -> str:
    """Return a parameter's name for a test's title."""
    return resource.name


@pytest.fixture
def world() -> World:
    """Return a site with at least one row of every kind."""
    world = a_small_world()
    a_base_scenario(world.site)
    more_rows(world)
    problem = a_problem()
    a_plan(
        world.site,
        {},
        run=a_run(world.site, state="succeeded", ended_at=world.order.received_at),
        problem=put_problem(problem),
        schedule=put_schedule(reference_plan(problem)),
    )
    return world


def more_rows(world: World) -> None:
    """Add a row or more of most kinds."""
    part = a_part()
    a_bay(world.site, models=[world.model, a_rack_model()])
    order = an_order(world.site, world.model, racks=2)
    change = order.changes.create(
        kind="pull_in",
        author="client:1",
        reason="Asked.",
        requested_date=order.requested_date,
        at=order.received_at,
    )
    request_preview(order=order, wish=wish_of(change), actor="client:1", change=change)
    CustomerPromise.objects.create(
        order=order,
        number=1,
        kind=CustomerPromise.Kind.PROMISE,
        date=order.requested_date,
        quantity=order.quantity,
        actor="system",
    )
    line = a_line(a_purchase_order(a_supplier(), site=world.site), part=part)
    a_commitment(line)
    a_shipment((line, 2))
    a_receipt(line, 1)
    supplier = line.purchase_order.supplier
    a_forecast_bucket(supplier, part, site=world.site, answered=1)
    lot = a_stock_lot(world.site, part)
    a_grid_event(world.site)
    an_outage(world.site, bay=world.bays[0])
    recall_lot(
        site=world.site,
        part=part,
        lot=lot.lot,
        reason="Cracks",
        holds_racks=False,
        by=Signed(author="A", actor="user:1"),
    )


def caller_of(resource: Resource) -> Caller:
    """Return a client that may read a resource."""
    return Caller(**{resource.capability: True})


@pytest.mark.parametrize("resource", ALL, ids=name_of)
def test_what_a_list_shows_is_found_by_its_id(world: World, resource: Resource) -> None:
    erp = caller_of(resource)

    items = erp.get(resource.name).json()["items"]

    assert items
    for item in items[:3]:
        assert erp.get(f"{resource.name}/{item['id']}").json() == item


@pytest.mark.parametrize("resource", ALL, ids=name_of)
def test_the_example_has_the_shape_of_what_is_shown(
    world: World, resource: Resource
) -> None:
    shown = caller_of(resource).get(resource.name).json()["items"][0]

    assert list(shown) == list(resource.example)
    assert alike(shown, resource.example)


def alike(shown: Any, example: Any) -> bool:
    """Return whether an example could have been shown: members, and types if given."""
    if isinstance(shown, dict) and isinstance(example, dict):
        same = set(shown) & set(example)
        return all(alike(shown[name], example[name]) for name in same)
    if isinstance(shown, list) and shown and example:
        return alike(shown[0], example[0])
    return None in (shown, example) or type(shown) is type(example)


@pytest.mark.parametrize("resource", ALL, ids=name_of)
def test_every_filter_can_be_asked_for(world: World, resource: Resource) -> None:
    erp = caller_of(resource)
    values = {"cursor": None, "limit": "5", "fields": "id"}

    for name in parameters_of(resource):
        field = resource.filters[name].field if name in resource.filters else None
        choices = list(getattr(field, "choices", {}))
        kind = type(field).__name__
        default = {"Flag": "true", "DateField": "2026-12-01"}.get(kind, "x")
        value = values.get(name, choices[0] if choices else default)
        if value is not None:
            assert erp.get(resource.name, **{name: value}).status_code == 200, name


@pytest.mark.parametrize("resource", ALL, ids=name_of)
def test_queries_do_not_grow_with_rows(world: World, resource: Resource) -> None:
    erp = caller_of(resource)
    erp.get(resource.name)

    with CaptureQueriesContext(connection) as few:
        erp.get(resource.name)
    for _ in range(4):
        more_rows(world)
    with CaptureQueriesContext(connection) as many:
        erp.get(resource.name)

    assert len(many) == len(few) <= MOST_QUERIES


def name_it(erp: Caller, resource: Resource, key: str) -> str:
    """Let an object go by an ERP's id; return the name it is then found by."""
    name, number = "E/1:a", key_of(resource.prefix, key)
    columns = {"system": "erp", "external_id": name}
    if resource is COMMITMENTS:
        line = PurchaseOrderLine.objects.for_staff().get(commitment=number)
        PurchaseOrder.objects.for_staff().filter(lines=line).update(**columns)
        return f"erp:{name}.{line.number}"
    if resource is PROMISE_DATES:
        promise = CustomerPromise.objects.get(pk=number)
        Order.objects.filter(pk=promise.order_id).update(**columns)
    elif isinstance(resource.naming, ByColumns):
        resource.rows().filter(pk=number).update(**columns)
    elif resource in UPSERTS:
        kind = resource.rows().model._meta.model_name
        Reference.objects.create(object_type=kind, object_id=number, **columns)
    else:
        named = erp.post(f"{resource.name}/{key}:name", {"external_id": name})
        assert named.status_code == 200, named.content
        assert named.json()["external_ids"] == {"erp": name}
    return f"erp:{name}"


@pytest.mark.parametrize("resource", ALL, ids=name_of)
def test_every_object_goes_by_an_erps_own_id(world: World, resource: Resource) -> None:
    erp = caller_of(resource)
    key = erp.get(resource.name).json()["items"][-1]["id"]

    name = name_it(erp, resource, key)

    assert erp.get(f"{resource.name}/{name}").json()["id"] == key
