"""Many rows changed by one statement, on whichever database the tests run."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from journal.setwise import update_rows
from suppliers.models import PurchaseOrderLine
from tests.builders.factory import a_part
from tests.builders.suppliers import a_line, a_purchase_order, a_supplier

pytestmark = pytest.mark.django_db

FIELDS = ("external_id", "quantity", "need_by", "part")


def some_lines(count: int) -> list[PurchaseOrderLine]:
    """Return lines of one order."""
    order = a_purchase_order(a_supplier())
    return [a_line(order, number=number) for number in range(1, count + 1)]


def test_each_row_takes_values_of_its_own_and_keeps_its_other_columns() -> None:
    first, second, untouched = some_lines(3)
    other = a_part()
    first.external_id, first.quantity = "a '%s' \\ 日", 7
    first.need_by = dt.date(2027, 2, 28)
    second.part, second.number = other, 99

    with CaptureQueriesContext(connection) as queries:
        written = update_rows([first, second], FIELDS)

    kept = {line.pk: line for line in PurchaseOrderLine.objects.for_staff()}
    assert (written, len(queries)) == (2, 1)
    for line in (first, second):
        for name in ("external_id", "quantity", "need_by", "part_id"):
            assert getattr(kept[line.pk], name) == getattr(line, name)
    assert kept[second.pk].number == 2
    assert kept[untouched.pk].quantity == untouched.quantity


def test_batches_write_everything_and_count_it() -> None:
    lines = some_lines(5)
    for line in lines:
        line.quantity = 50 + line.number

    with CaptureQueriesContext(connection) as queries:
        written = update_rows(lines, ["quantity"], batch_size=2)

    assert (written, len(queries)) == (5, 3)
    quantities = PurchaseOrderLine.objects.for_staff().order_by("number")
    assert [line.quantity for line in quantities] == [51, 52, 53, 54, 55]


def test_nothing_to_write_asks_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert update_rows([], ["quantity"]) == 0


def test_the_tables_own_rules_hold_for_every_row() -> None:
    first, second = some_lines(2)
    first.quantity, second.quantity = 3, 0

    with (
        pytest.raises(IntegrityError, match="purchase_order_line_"),
        transaction.atomic(),
    ):
        update_rows([first, second], ["quantity"])

    first.refresh_from_db()
    assert first.quantity != 3
