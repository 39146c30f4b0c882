"""Pages ask the database as often for a thousand lines as for ten."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from suppliers.demo_ledger import Book, Saying, write
from suppliers.ledger import Delivery, Kind
from suppliers.queries.board import board_counts, board_rows
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.suppliers import TODAY, a_supplier, a_supplier_user
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
"""Of any page, session and user included."""


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


def some_lines(site, supplier, user, count, *, first):
    """Write lines of every kind: asked, promised, put off, received."""
    part = a_part()
    ordered = NOW - timedelta(days=60)
    books = []
    for place in range(count):
        need_by = TODAY + timedelta(days=place % 7 - 2)
        delivery = Delivery(need_by, 10)
        kinds = {
            0: [],
            1: [Saying(at=ordered, promise=(delivery,))],
            2: [Saying(at=ordered, kind=Kind.CANNOT_SAY, word_by=TODAY)],
        }
        books.append(
            Book(
                supplier=supplier,
                user_id=user.pk,
                part=part,
                quantity=10,
                need_by=need_by,
                ordered_at=ordered,
                sayings=kinds[place % 3],
                arrivals=[delivery] if place % 3 == 1 and need_by < TODAY else [],
                needed_by_racks=place % 5,
            )
        )
    write(site, books, first_number=first, at=NOW)


def queries_of(client, address):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("address", ["/portal/", "/suppliers/", "/suppliers/acme/"])
def test_a_page_asks_as_often_for_a_thousand_lines_as_for_ten(client, address):
    site, supplier = a_site(), a_supplier("acme")
    user = a_supplier_user(supplier)
    client.force_login(user if address == "/portal/" else a_user("buyer", site=site))
    some_lines(site, supplier, user, 10, first=1)
    queries_of(client, address)

    few = queries_of(client, address)
    some_lines(site, supplier, user, 1_000, first=5_000)
    many = queries_of(client, address)

    assert few == many <= MOST_QUERIES


def test_a_line_page_asks_as_often_for_a_long_ledger_as_for_a_short_one(client):
    site, supplier = a_site(), a_supplier()
    user = a_supplier_user(supplier)
    client.force_login(user)
    counts = []
    for first, length in ((1, 2), (50, 60)):
        sayings = [
            Saying(
                at=NOW - timedelta(days=90 - number),
                promise=(Delivery(TODAY + timedelta(days=number), 10),),
                reason="yield",
            )
            for number in range(length)
        ]
        (commitment,) = write(
            site,
            [
                Book(
                    supplier=supplier,
                    user_id=user.pk,
                    part=a_part(),
                    quantity=10,
                    need_by=TODAY,
                    ordered_at=NOW - timedelta(days=99 + length),
                    sayings=sayings,
                )
            ],
            first_number=first,
            at=NOW,
        )
        counts.append(queries_of(client, f"/portal/lines/{commitment.line_id}/"))

    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_board_takes_two_queries_for_rows_and_one_for_counts(
    django_assert_num_queries,
):
    site, supplier = a_site(), a_supplier()
    some_lines(site, supplier, a_supplier_user(supplier), 300, first=1)

    with django_assert_num_queries(2):
        board_rows(site, today=TODAY)
    with django_assert_num_queries(1):
        board_counts(site, today=TODAY)
