"""The buyer changes what is asked: nothing said is touched, answers know it."""

from datetime import timedelta

import pytest

from journal.models import Event
from suppliers.models import RequestChange
from suppliers.services.requests import Request, change_request
from tests.builders.factory import NOW
from tests.builders.suppliers import TODAY, a_commitment, a_line, a_receipt

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def ask_for(line, **fields):
    line.refresh_from_db()
    request = Request(**{"quantity": line.quantity, "need_by": line.need_by} | fields)
    changed = change_request(line_id=line.pk, request=request, actor="user:1", now=NOW)
    line.refresh_from_db()
    line.commitment.refresh_from_db()
    return changed


def test_asking_the_same_changes_nothing():
    line = a_line()

    assert not ask_for(line)

    assert line.commitment.version == 1
    assert not Event.objects.exists()


def test_another_date_raises_the_version_and_leaves_the_promise():
    line = a_line()
    current = a_commitment(line).current

    assert ask_for(line, need_by=TODAY + 3 * DAY)

    assert (line.commitment.version, line.commitment.current) == (3, current)
    assert line.commitment.state == "committed"
    assert (
        "the buyer now asks for 90 by 26\u00a0Nov" in Event.objects.latest("pk").summary
    )


def test_a_cancelled_line_is_cancelled_and_can_be_asked_for_again():
    line = a_line()
    a_commitment(line)

    ask_for(line, is_cancelled=True)
    assert (line.state, line.commitment.state) == ("cancelled", "cancelled")

    ask_for(line)
    assert (line.state, line.commitment.state) == ("open", "requested")


def test_asking_for_no_more_than_came_completes_the_line():
    line = a_line(quantity=90)
    a_commitment(line)
    a_receipt(line, 40, TODAY - DAY)

    ask_for(line, quantity=40)

    assert (line.state, line.received_in_full_on) == ("closed", TODAY - DAY)
    assert line.commitment.state == "received"


def test_asking_for_more_than_came_opens_a_complete_line_again():
    line = a_line(quantity=90)
    a_commitment(line)
    a_receipt(line, 90)

    ask_for(line, quantity=100)

    assert (line.state, line.received_in_full_on) == ("open", None)
    assert line.commitment.state == "requested"


@pytest.mark.parametrize("is_promised", [True, False])
def test_a_complete_line_is_cancelled_and_complete_again_with_its_commitment(
    is_promised,
):
    line = a_line(quantity=90)
    if is_promised:
        a_commitment(line)
    a_receipt(line, 90)

    ask_for(line, is_cancelled=True)
    assert (line.state, line.commitment.state) == ("cancelled", "cancelled")

    ask_for(line)
    assert (line.state, line.commitment.state) == ("closed", "closed")


def test_each_change_of_date_or_quantity_is_kept_as_a_row():
    line = a_line(quantity=90)

    ask_for(line, quantity=120)
    ask_for(line, need_by=TODAY + 3 * DAY)
    ask_for(line, price_cents=5)
    ask_for(line, is_cancelled=True)

    rows = RequestChange.objects.for_staff().order_by("number")
    assert [
        (row.quantity_before, row.quantity_after, row.need_by_after, row.is_cancelled)
        for row in rows
    ] == [
        (90, 120, TODAY + 14 * DAY, False),
        (120, 120, TODAY + 3 * DAY, False),
        (120, 120, TODAY + 3 * DAY, True),
    ]
    assert {row.actor for row in rows} == {"user:1"}
