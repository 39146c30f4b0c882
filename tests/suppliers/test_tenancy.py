"""One supplier never reads, counts or touches what is another's."""

import ast
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from suppliers import models
from suppliers.errors import UnscopedQueryError
from suppliers.models import Commitment, CommitRevision, PurchaseOrderLine
from suppliers.models.tenant import TenantManager
from suppliers.services import forecasts
from suppliers.services.notices import Item
from suppliers.web.forms import FORMS
from tests.builders.factory import NOW, a_part
from tests.builders.mail import a_link
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_declared_capacity,
    a_dispute,
    a_finding,
    a_forecast_bucket,
    a_line,
    a_line_need,
    a_receipt,
    a_request_change,
    a_shipment,
    a_source,
    a_supplier,
    a_supplier_user,
    an_upload,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

TENANTS = [
    model
    for model in (getattr(models, name) for name in models.__all__)
    if isinstance(model.objects, TenantManager)
]
PORTAL_SOURCES = [
    *Path("suppliers/web").glob("*.py"),
    Path("suppliers/queries/portal.py"),
    Path("suppliers/queries/history.py"),
]
STAFF_SOURCE = Path("suppliers/web/staff.py")
EVERY_ADDRESS = ["portal_line", *(f"portal_{verb}" for verb in FORMS)]


def everything_of(supplier):
    """Make one row of every kind that belongs to a supplier."""
    person = a_supplier_user(supplier).supplier_user
    part = a_part(name="Secret widget")
    a_source(supplier, part)
    line = a_line(supplier=supplier, part=part)
    a_commitment(line)
    a_request_change(line)
    a_dispute(line, is_upheld=True)
    a_line_need(line, serials=["R-SECRET"])
    a_shipment(Item(line_id=line.pk, quantity=2, serials=("S-1", "S-2")))
    a_finding(line)
    an_upload(supplier, "4500-1 line 10")
    a_receipt(line, 1)
    a_forecast_bucket(supplier, part, site=line.purchase_order.site, answered=1)
    a_declared_capacity(supplier, part)
    forecasts.look(person=person, now=NOW)
    models.Score.objects.create(supplier=supplier, as_of=TODAY)
    models.ArrivalHabit.objects.create(supplier=supplier, part=part, as_of=TODAY)
    models.CalendarFeed.objects.create(person=person, token_hash=supplier.code)
    models.QuietDay.objects.create(person=person, about="new", weekday=6)
    models.Delegation.objects.create(
        person=person,
        delegate=a_supplier_user(supplier).supplier_user,
        starts_on=TODAY,
        ends_on=TODAY,
    )
    a_link(line)
    return line


@pytest.fixture
def other():
    return a_supplier("secret-supplier", name="Secret Works")


@pytest.fixture
def visitor(client):
    client.force_login(a_supplier_user(a_supplier()))
    return client


def test_every_model_of_a_supplier_is_guarded():
    unguarded = set(models.__all__) - {row.__name__ for row in TENANTS}

    # Companies themselves are master data; no page of the portal lists them.
    assert unguarded == {"Supplier"}


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model.__name__)
def test_rows_cannot_be_reached_without_saying_whose(model):
    for way in ("all", "count", "first", "exists"):
        with pytest.raises(UnscopedQueryError, match=f"{model.__name__} rows belong"):
            getattr(model.objects, way)()
    with pytest.raises(UnscopedQueryError):
        model.objects.filter(pk=1)


@pytest.mark.parametrize("model", TENANTS, ids=lambda model: model.__name__)
def test_a_suppliers_rows_are_its_own_and_all_of_them(model, other):
    mine = a_supplier()
    everything_of(mine)
    everything_of(other)

    own = set(model.objects.for_supplier(mine))
    theirs = set(model.objects.for_supplier(other))

    assert own
    assert theirs
    assert not own & theirs
    assert own | theirs == set(model.objects.for_staff())


@pytest.mark.parametrize("address", EVERY_ADDRESS)
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_another_suppliers_line_is_not_there(visitor, other, address, method):
    line = everything_of(other)
    before = list(
        CommitRevision.objects.for_staff().order_by("pk").values_list("pk", "kind")
    )
    data = {
        "version": Commitment.objects.for_staff().get(line=line).version,
        "reason_code": "yield",
        "word_by": f"{TODAY}",
        "deliveries-TOTAL_FORMS": 1,
        "deliveries-INITIAL_FORMS": 0,
        "deliveries-0-quantity": 1,
        "deliveries-0-on": f"{TODAY}",
    }

    response = getattr(visitor, method)(reverse(address, args=[line.pk]), data)

    is_taken = method in ({"get", "head"} if address == "portal_line" else {"post"})
    assert response.status_code == (404 if is_taken else 405)
    assert (
        list(
            CommitRevision.objects.for_staff().order_by("pk").values_list("pk", "kind")
        )
        == before
    )


def test_nothing_of_another_supplier_shows_on_the_portal(visitor, other):
    line = everything_of(other)
    a_line(supplier=other)

    page = visitor.get("/portal/").content.decode()

    assert "Nothing needs you now." in page
    assert "0\u00a0open lines" in page
    for word in ("Secret", "R-SECRET", line.purchase_order.number, line.part.code):
        assert word not in page


def test_a_missing_line_and_another_suppliers_line_look_the_same(visitor, other):
    theirs = visitor.get(f"/portal/lines/{everything_of(other).pk}/")
    missing = visitor.get("/portal/lines/999999/")

    assert theirs.status_code == missing.status_code == 404
    assert theirs.content == missing.content


def test_without_the_tenants_filter_these_tests_would_fail(visitor, other, monkeypatch):
    line = everything_of(other)
    monkeypatch.setattr(TenantManager, "for_supplier", lambda self, _: self.for_staff())

    assert "Secret" in visitor.get("/portal/").content.decode()
    assert visitor.get(f"/portal/lines/{line.pk}/").status_code == 200


def test_the_portals_code_knows_no_way_around_the_tenant():
    names = {"for_staff", "_base_manager", "_default_manager", "everyone", "raw"}
    found = {
        (source.name, node.attr)
        for source in PORTAL_SOURCES
        if source != STAFF_SOURCE
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in names
    }
    managers = {
        (source.name, ast.unparse(node))
        for source in PORTAL_SOURCES
        if source != STAFF_SOURCE
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "objects"
    }

    assert found == set()
    assert managers == set()


@pytest.mark.parametrize("role", ["planner", "buyer", "technician", "administrator"])
def test_staff_have_pages_of_their_own(client, role, other):
    line = everything_of(other)
    client.force_login(a_user(role))

    assert client.get("/portal/").status_code == 403
    assert client.get(f"/portal/lines/{line.pk}/").status_code == 403
    assert client.post(f"/portal/lines/{line.pk}/accept/").status_code == 403


@pytest.mark.parametrize(
    "address", ["/suppliers/", "/suppliers/secret-supplier/", "/commitments/{pk}/"]
)
def test_a_supplier_cannot_open_staff_pages(visitor, other, address):
    line = everything_of(other)

    response = visitor.get(address.format(pk=line.commitment.pk))

    assert response.status_code == 403


def test_nobody_is_let_in_unknown(client, other):
    line = everything_of(other)

    for address in ("/portal/", f"/portal/lines/{line.pk}/", "/suppliers/"):
        response = client.get(address)
        assert (response.status_code, response.url.partition("?")[0]) == (
            302,
            reverse("account_login"),
        )


def test_a_supplier_that_is_not_active_any_more_is_shut_out(client):
    user = a_supplier_user(a_supplier(is_active=False))
    client.force_login(user)

    response = client.get("/portal/")

    assert response.status_code == 403
    assert "You act for no supplier at present." in response.content.decode()


def test_a_user_who_is_nothing_yet_is_shut_out(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nobody"))

    assert client.get("/portal/").status_code == 403
    assert AnonymousUser().is_authenticated is False


def test_get_and_head_never_change_anything(visitor, other, django_assert_num_queries):
    supplier = (
        models.SupplierUser.objects.for_staff()
        .get(user_id=visitor.session["_auth_user_id"])
        .supplier
    )
    line = a_line(supplier=supplier)
    rows = [
        (model, list(model.objects.for_staff().order_by("pk").values()))
        for model in (PurchaseOrderLine, Commitment, CommitRevision)
    ]

    for address in EVERY_ADDRESS:
        for method in ("get", "head", "options"):
            getattr(visitor, method)(reverse(address, args=[line.pk]))
    visitor.get("/portal/")

    for model, before in rows:
        assert list(model.objects.for_staff().order_by("pk").values()) == before
