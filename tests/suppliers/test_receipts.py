"""What the dock records becomes stock, and moves line and commitment along."""

from datetime import UTC, datetime, timedelta

import pytest

from factory.models import StockLot
from journal.models import Event
from suppliers import errors
from suppliers.models import Receipt
from suppliers.services import commitments
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_receipt_becomes_a_stock_lot_of_the_lines_part_and_site():
    line = a_line(quantity=90)

    receipt = a_receipt(line, 40, TODAY - DAY)

    lot = receipt.lot
    assert (lot.site, lot.part, lot.quantity) == (
        line.purchase_order.site,
        line.part,
        40,
    )
    assert lot.lot == f"{line.purchase_order.number}/10-1"
    # 17:00 of the day before in Monterrey.
    assert lot.received_at == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


def test_a_part_delivery_leaves_the_promise_standing_for_the_rest():
    line = a_line(quantity=90)
    a_commitment(line)

    a_receipt(line, 40)

    line.refresh_from_db()
    line.commitment.refresh_from_db()
    assert (line.received, line.outstanding, line.state) == (40, 50, "open")
    assert line.commitment.state == "committed"
    event = Event.objects.latest("pk")
    assert (event.kind, event.scope) == (
        "receipt.recorded",
        line.purchase_order.supplier.scope,
    )
    assert event.after["tranches"] == [{"quantity": 50, "dock_date": "2026-12-07"}]


def test_the_last_piece_completes_line_and_commitment():
    line = a_line(quantity=90)
    a_commitment(line)

    a_receipt(line, 40, TODAY - DAY)
    a_receipt(line, 50, TODAY)

    line.refresh_from_db()
    line.commitment.refresh_from_db()
    assert (line.state, line.received_in_full_on) == ("closed", TODAY)
    assert line.commitment.state == "received"


def test_goods_that_nobody_promised_close_the_line():
    line = a_line(quantity=90)

    a_receipt(line, 90)

    line.commitment.refresh_from_db()
    assert line.commitment.state == "closed"


@pytest.mark.parametrize("quantity", [0, -1, 91, 10**20])
def test_a_receipt_takes_what_the_line_asks_for_and_not_a_piece_more(quantity):
    line = a_line(quantity=90)
    events = Event.objects.count()

    with pytest.raises(
        errors.ReceiptRefusedError, match="takes 1 to 90 more"
    ) as caught:
        a_receipt(line, quantity or -5)

    assert caught.value.field == "quantity"
    assert not Receipt.objects.for_staff().exists()
    assert not StockLot.objects.exists()
    assert Event.objects.count() == events


@pytest.mark.parametrize("days", [-91, 2])
def test_a_receipt_lies_between_the_order_and_today(days):
    line = a_line()

    with pytest.raises(errors.ReceiptRefusedError, match="25 Aug 2026 to 23 Nov 2026"):
        a_receipt(line, 1, TODAY + days * DAY)


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 24, 5, tzinfo=UTC)],
)
def test_a_day_that_has_begun_elsewhere_is_today_at_the_site(now):
    line = a_line()

    receipt = a_receipt(line, 1, TODAY + DAY, now=now)

    assert receipt.received_on == TODAY
    assert receipt.lot.received_at <= now


def test_a_day_that_has_begun_nowhere_is_refused():
    line = a_line()

    with pytest.raises(errors.ReceiptRefusedError, match="24 Nov 2026 is given"):
        a_receipt(line, 1, TODAY + DAY, now=datetime(2026, 11, 23, 9, 59, tzinfo=UTC))


def test_a_lots_name_is_free_or_the_receipt_is_refused():
    line = a_line()
    a_stock_lot(line.purchase_order.site, line.part, lot="L-1")

    with pytest.raises(errors.ReceiptRefusedError, match="Lot L-1 of") as caught:
        a_receipt(line, 1, lot="L-1")

    assert caught.value.field == "lot"
    line.refresh_from_db()
    assert line.received == 0


def test_a_complete_line_takes_no_more():
    line = a_line(quantity=90)
    a_receipt(line, 90)

    with pytest.raises(errors.IllegalMoveError, match="is closed and can not be rec"):
        a_receipt(line, 1)


def test_what_came_counts_against_the_earliest_tranche():
    line = a_line(quantity=90, need_by=TODAY + 9 * DAY)
    a_commitment(line, [(TODAY + DAY, 60), (TODAY + 9 * DAY, 30)])

    a_receipt(line, 70)

    event = Event.objects.latest("pk")
    assert event.after["tranches"] == [{"quantity": 20, "dock_date": "2026-12-02"}]


def test_an_answer_made_before_a_receipt_was_seen_is_told_so():
    line = a_line(quantity=90)
    version = a_commitment(line).version
    a_receipt(line, 40)

    with pytest.raises(errors.StaleCommitmentError):
        commitments.decommit(
            line_id=line.pk,
            expected_version=version,
            reason_code="yield",
            author=BY_SYSTEM,
            now=NOW,
        )
