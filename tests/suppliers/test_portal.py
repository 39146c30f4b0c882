"""The portal's pages, as a supplier's person meets them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from suppliers.models import Commitment, SupplierUser
from tests.builders.factory import NOW, a_part
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_receipt,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def visitor(client, supplier):
    client.force_login(a_supplier_user(supplier))
    return client


def body(response):
    return response.content.decode().replace("\u00a0", " ")


def test_the_page_begins_with_how_many_things_need_the_supplier(visitor, supplier):
    a_line(supplier=supplier)
    a_line(supplier=supplier)

    page = body(visitor.get("/portal/"))

    assert "2 things need you now." in page
    assert "About 1 minute." in page
    assert "Taipei time, Mon 23 Nov, 22:00" in page
