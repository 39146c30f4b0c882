"""Tryton's purchase orders become ours, whatever is killed on the way."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from journal.models import Event
from suppliers.connectors.patience import PassingError, RefusedError
from suppliers.models import Commitment, PurchaseOrder, PurchaseOrderLine
from tests.builders.factory import a_part
from tests.builders.tryton import Killed
from tests.suppliers.connectors.rig import Rig

pytestmark = pytest.mark.django_db


NO_DATE = (
    "Order P1 line 1 has no delivery date: give the order one, or its supplier a lead "
    "time."
)


def lines() -> list[PurchaseOrderLine]:
    """Return every line here."""
    return list(PurchaseOrderLine.objects.for_staff().select_related("part"))


def test_a_confirmed_order_asks_for_a_commitment(rig: Rig) -> None:
    order = rig.there.an_order({"quantity": 144.0})

    report = rig.cycle()

    (line,) = lines()
    assert report.orders == 1
    assert report.problems == []
    assert (line.quantity, line.need_by) == (144, date(2026, 12, 14))
    assert (line.external_id, line.price_cents) == (str(order["lines"][0]["id"]), 500)
    assert Commitment.objects.for_staff().get().state == "requested"


def test_the_next_cycle_finds_nothing_new_to_say(rig: Rig) -> None:
    rig.there.an_order({})
    rig.cycle()
    events = Event.objects.count()

    rig.cycle()

    assert Event.objects.count() == events
    assert PurchaseOrder.objects.for_staff().count() == 1


def test_a_lost_book_costs_one_full_read_and_changes_nothing(rig: Rig) -> None:
    rig.there.an_order({})
    rig.cycle()
    events = Event.objects.count()
    rig.book.write_text("{")

    rig.cycle()

    assert Event.objects.count() == events


def test_our_own_planned_date_never_comes_back_as_a_wish(rig: Rig) -> None:
    order = rig.there.an_order({}, delivery_date=None)
    order["lines"][0]["moves"][0]["origin_planned_date"] = date(2026, 12, 14)
    order["lines"][0]["moves"][0]["planned_date"] = date(2027, 1, 20)

    rig.cycle()

    assert lines()[0].need_by == date(2026, 12, 14)


def test_moves_the_buyer_gave_up_are_no_longer_asked_for(rig: Rig) -> None:
    order = rig.there.an_order({}, {"quantity": 10.0})
    rig.cycle()
    rig.there.ignore(order["lines"][0])

    rig.cycle()

    assert [line.state for line in lines()] == ["cancelled", "open"]
    assert lines()[0].quantity == 144


def test_a_line_added_later_gets_the_next_number(rig: Rig) -> None:
    order = rig.there.an_order({})
    rig.cycle()
    rig.there.add_line(order, quantity=12.0)

    rig.cycle()

    assert [(line.number, line.quantity) for line in lines()] == [(1, 144), (2, 12)]


def test_a_change_that_was_committed_late_is_found_by_the_overlap(rig: Rig) -> None:
    order = rig.there.an_order({"quantity": 144.0})
    rig.cycle()
    order["lines"][0]["quantity"] = 150.0
    order["write_date"] = rig.there.clock - timedelta(minutes=9)

    rig.cycle()

    assert lines()[0].quantity == 150


def test_more_orders_than_a_page_come_in_one_cycle(rig: Rig) -> None:
    for _ in range(205):
        rig.there.an_order({})

    report = rig.cycle()

    assert report.orders == 205
    assert rig.to_tryton.calls.count("GET /erp/rest/model/purchase.purchase") == 3


@pytest.mark.parametrize(
    ("fields", "line", "sentence"),
    [
        (
            {},
            {"quantity": 1.5},
            "Order P1 line 1: 1.5 is no whole number of pieces.",
        ),
        (
            {"delivery_date": None},
            {},
            NO_DATE,
        ),
        (
            {"warehouse": {"id": 5, "code": ""}},
            {},
            "Order P1: its warehouse has no code.",
        ),
        ({}, {"type": "comment"}, "Order P1 has no line of goods."),
        ({}, {"part": "GHOST"}, "Order P1: Line 1: there is no part GHOST."),
    ],
)
def test_what_does_not_fit_is_told_and_the_rest_goes_on(
    rig: Rig, fields: dict[str, Any], line: dict[str, Any], sentence: str
) -> None:
    rig.there.an_order(line, **fields)
    rig.there.an_order({})

    report = rig.cycle()

    assert report.problems == [sentence]
    assert report.orders == 1
    assert PurchaseOrder.objects.for_staff().count() == 1


def test_a_refused_order_is_taken_along_until_it_fits(rig: Rig) -> None:
    rig.there.an_order({"part": "GHOST"})
    rig.cycle()
    assert len(rig.cycle().problems) == 1
    a_part(code="GHOST")

    report = rig.cycle()

    assert report.problems == []
    assert lines()[0].part.code == "GHOST"


def test_a_system_that_comes_back_is_waited_for(rig: Rig) -> None:
    rig.there.an_order({})
    rig.to_tryton.answers[1] = httpx.ConnectError("refused")
    rig.to_tryton.answers[2] = httpx.Response(503)
    rig.to_rackline.answers[1] = httpx.Response(429, headers={"Retry-After": "7"})

    report = rig.cycle()

    assert report.orders == 1
    assert [
        round(wait, 1) >= least
        for wait, least in zip(rig.waits, (0.3, 0.7, 7.0), strict=True)
    ] == [True] * 3


def test_a_system_that_stays_away_ends_the_cycle_with_a_sentence(rig: Rig) -> None:
    rig.there.an_order({})
    rig.to_rackline.answers |= dict.fromkeys(range(1, 7), httpx.ReadTimeout("slow"))

    with pytest.raises(PassingError, match="Rackline does not answer: slow"):
        rig.cycle()

    rig.renew()
    assert rig.cycle().orders == 1


def test_a_wrong_key_is_not_tried_twice(rig: Rig) -> None:
    rig.there.an_order({})
    rig.erp.key = "rk_wrong"

    with pytest.raises(RefusedError, match=r"Rackline refused \(401\)"):
        rig.cycle()

    assert len(rig.to_rackline.calls) == 1


@pytest.mark.parametrize("side", ["to_tryton", "to_rackline"])
@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
def test_a_kill_at_any_call_leaves_no_order_twice(
    rig: Rig, side: str, moment: str
) -> None:
    for _ in range(101):
        rig.there.an_order({})
    for call in (1, 2):
        rig.renew()
        setattr(getattr(rig, side), moment, call)
        with pytest.raises(Killed):
            rig.cycle()

    rig.renew()
    rig.cycle()

    assert PurchaseOrder.objects.for_staff().count() == 101
    assert Event.objects.filter(kind="purchase_order.created").count() == 101
    assert Event.objects.filter(kind="purchase_order.changed").count() == 0
