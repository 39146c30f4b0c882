"""Promises whose day went by, and promises met: each is told once."""

from datetime import timedelta

import pytest

from journal.models import Event
from suppliers.ledger import Delivery
from suppliers.services import commitments
from suppliers.services.due import tell_missed
from tests.builders.factory import NOW
from tests.builders.suppliers import BY_SYSTEM, TODAY, a_commitment, a_line, a_receipt

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def told():
    kinds = ("commitment.missed", "commitment.met")
    events = Event.objects.filter(kind__in=kinds).order_by("pk")
    return [(one.kind, one.object_id, one.scope) for one in events]


def about(line, kind):
    supplier = line.purchase_order.supplier
    return (kind, str(line.commitment.pk), supplier.scope)


def test_a_day_that_went_by_without_its_pieces_is_told_once():
    line = a_line(quantity=90)
    a_commitment(line, [(TODAY, 60), (TODAY + 9 * DAY, 30)])

    assert tell_missed(now=NOW) == 0
    assert tell_missed(now=NOW + DAY) == 1
    assert tell_missed(now=NOW + DAY) == 0
    assert tell_missed(now=NOW + 20 * DAY) == 0
    assert told() == [about(line, "commitment.missed")]
    assert "60" in Event.objects.get(kind="commitment.missed").summary


def test_a_new_promise_can_be_missed_again():
    line = a_line(quantity=90)
    commitment = a_commitment(line, [(TODAY, 90)])
    tell_missed(now=NOW + DAY)
    commitments.commit(
        line_id=line.pk,
        expected_version=commitment.version,
        deliveries=[Delivery(TODAY + 3 * DAY, 90)],
        author=BY_SYSTEM,
        now=NOW + DAY,
        reason_code="capacity",
    )

    assert tell_missed(now=NOW + 3 * DAY) == 0
    assert tell_missed(now=NOW + 4 * DAY) == 1
    assert told() == [about(line, "commitment.missed")] * 2


def test_what_came_of_what_was_due_is_not_missed():
    line = a_line(quantity=90)
    a_commitment(line, [(TODAY, 60), (TODAY + 9 * DAY, 30)])
    a_receipt(line, 60)

    assert tell_missed(now=NOW + DAY) == 0
    assert told() == []


def test_a_line_that_was_never_promised_or_is_withdrawn_misses_nothing():
    a_line(quantity=90)
    line = a_line(quantity=90)
    commitment = a_commitment(line, [(TODAY, 90)])
    commitments.decommit(
        line_id=line.pk,
        expected_version=commitment.version,
        author=BY_SYSTEM,
        now=NOW,
        reason_code="capacity",
    )

    assert tell_missed(now=NOW + DAY) == 0


def test_the_last_piece_in_time_meets_the_promise():
    line = a_line(quantity=90)
    a_commitment(line, [(TODAY, 90)])

    a_receipt(line, 60)
    assert told() == []
    a_receipt(line, 30)

    assert told() == [about(line, "commitment.met")]
    assert tell_missed(now=NOW + DAY) == 0


def test_the_last_piece_too_late_is_a_miss_told_once():
    unseen, seen = a_line(quantity=90), a_line(quantity=90)
    for line in (unseen, seen):
        a_commitment(line, [(TODAY - DAY, 90)])

    a_receipt(unseen, 90)
    tell_missed(now=NOW)
    a_receipt(seen, 90)

    assert told() == [about(one, "commitment.missed") for one in (unseen, seen)]


def test_asking_costs_one_query_a_site(django_assert_num_queries):
    for _ in range(3):
        line = a_line(quantity=90)
        a_commitment(line, [(TODAY, 90)])
    sites = 3

    with django_assert_num_queries(1 + sites):
        tell_missed(now=NOW)
