"""The admin: master data can be edited, the ledger only read."""

import pytest
from django.apps import apps
from django.urls import reverse

from suppliers.models import Source, SupplierUser
from tests.builders.suppliers import (
    a_commitment,
    a_line,
    a_receipt,
    a_source,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

LEDGER = [
    "commitment",
    "commitrevision",
    "purchaseorder",
    "purchaseorderline",
    "receipt",
    "tranche",
]
MASTER = ["supplier", "supplieruser", "source"]


@pytest.fixture
def rows():
    supplier = a_supplier("tessaline")
    a_supplier_user(supplier)
    source = a_source(supplier)
    line = a_line(supplier=supplier, part=source.part)
    a_commitment(line)
    a_receipt(line, 1)
    return line


def address(name, page, *args):
    return reverse(f"admin:suppliers_{name}_{page}", args=args)


@pytest.mark.parametrize("name", [*LEDGER, *MASTER])
def test_every_table_is_listed(admin_client, rows, name):
    assert admin_client.get(address(name, "changelist")).status_code == 200


@pytest.mark.parametrize("name", LEDGER)
def test_the_ledger_is_shown_and_never_written(admin_client, rows, name):
    row = apps.get_model("suppliers", name).objects.for_staff().first()

    page = admin_client.get(address(name, "change", row.pk))

    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert admin_client.get(address(name, "add")).status_code == 403
    assert admin_client.post(address(name, "change", row.pk), {}).status_code == 403
    assert admin_client.post(address(name, "delete", row.pk), {}).status_code == 403


def test_a_person_is_added_to_a_supplier_once(admin_client, rows, django_user_model):
    supplier = rows.purchase_order.supplier
    user = django_user_model.objects.create_user("ana")
    values = {"user": user.pk, "supplier": supplier.pk, "role": "answer"}

    added = admin_client.post(address("supplieruser", "add"), values)
    again = admin_client.post(address("supplieruser", "add"), values)

    assert (added.status_code, again.status_code) == (302, 200)
    assert b"already exists" in again.content
    assert SupplierUser.objects.for_supplier(supplier).count() == 2


def test_a_source_is_added_once_a_part(admin_client, rows):
    source = Source.objects.for_staff().get()
    values = {
        "supplier": source.supplier_id,
        "part": source.part_id,
        "lead_time_p50_days": 10,
        "lead_time_p90_days": 20,
        "minimum_lot": 1,
        "share_percent": 100,
    }

    response = admin_client.post(address("source", "add"), values)

    assert response.status_code == 200
    assert Source.objects.for_staff().count() == 1


def test_a_time_zone_that_is_none_is_told_at_its_field(admin_client, rows):
    values = {
        "code": "new",
        "name": "New",
        "region": "TW",
        "zone": "Taipei",
        "language": "en",
        "is_active": "on",
    }

    response = admin_client.post(address("supplier", "add"), values)

    assert b"Taipei is no time zone; say one such as Asia/Taipei." in response.content
