"""Promising: what is kept, what kind of answer it is, what is refused."""

from datetime import date, timedelta

import pytest

from journal.models import Event
from suppliers import errors
from suppliers.ledger import Delivery
from suppliers.models import Commitment, CommitRevision, Tranche
from suppliers.services import commitments
from suppliers.services.author import Author, Cause, Door
from suppliers.services.requests import Request, change_request
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
DAY = timedelta(days=1)


def commit(line, *deliveries, **fields):
    commitment = Commitment.objects.for_staff().get(line=line)
    return commitments.commit(
        line_id=line.pk,
        deliveries=[Delivery(on, quantity) for on, quantity in deliveries],
        **{"expected_version": commitment.version, "author": BY_SYSTEM, "now": NOW}
        | fields,
    )


def said(line):
    return [
        (
            revision.kind,
            [(row.dock_date, row.quantity) for row in revision.tranches.all()],
        )
        for revision in line.commitment.revisions.order_by("number")
    ]


def nothing_was_said(line):
    line.commitment.refresh_from_db()
    return (
        not CommitRevision.objects.for_staff().exists()
        and not Tranche.objects.for_staff().exists()
        and not Event.objects.exists()
        and (line.commitment.state, line.commitment.version) == ("requested", 1)
    )


def test_accepting_promises_what_was_asked_on_the_day_it_was_asked_for():
    line = a_line(quantity=90, need_by=ASKED)

    commitment = commitments.accept(
        line_id=line.pk, expected_version=1, author=BY_SYSTEM, now=NOW
    )

    assert said(line) == [("commit", [(ASKED, 90)])]
    assert (commitment.state, commitment.version) == ("committed", 2)
    assert commitment.original == commitment.current
    assert commitment.acknowledged_at is None


def test_a_revision_keeps_who_said_it_when_through_which_door_and_what_was_asked():
    user = a_supplier_user(supplier := a_supplier())
    line = a_line(supplier=supplier, quantity=90, need_by=ASKED)

    commit(
        line,
        (ASKED + DAY, 90),
        author=Author.of_user(user, door=Door.PORTAL),
        reason_code="yield",
        note="Etch line down",
    )

    revision = CommitRevision.objects.for_supplier(supplier).get()
    assert (revision.by, revision.actor) == (user, f"user:{user.pk}")
    assert (revision.door, revision.made_at, revision.cause) == (
        "portal",
        NOW,
        "supplier",
    )
    assert (revision.reason_code, revision.note) == ("yield", "Etch line down")
    assert (revision.requested_quantity, revision.requested_date) == (90, ASKED)
    assert (revision.quantity, revision.last_dock_date) == (90, ASKED + DAY)


def test_the_original_stays_when_the_current_promise_moves():
    line = a_line(need_by=ASKED)

    commitment = a_commitment(line, [(ASKED, 90)], [(ASKED + DAY, 90)])

    assert commitment.original.last_dock_date == ASKED
    assert commitment.current.last_dock_date == ASKED + DAY


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        ([(ASKED + DAY, 90)], "push_out"),
        ([(ASKED - DAY, 90)], "pull_in"),
        ([(ASKED, 60), (ASKED + DAY, 30)], "split"),
        ([(ASKED - DAY, 60), (ASKED, 30)], "split"),
        ([(ASKED, 80)], "quantity_change"),
        ([(ASKED, 60), (ASKED + DAY, 20)], "quantity_change"),
    ],
)
def test_the_kind_of_an_answer_follows_from_what_stood_before(second, kind):
    line = a_line(quantity=90, need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])

    commit(line, *second, reason_code="capacity")

    assert said(line)[-1] == (kind, second)


def test_a_promise_after_a_withdrawn_one_is_a_recommit():
    line = a_line(need_by=ASKED)
    commitment = a_commitment(line)
    commitments.decommit(
        line_id=line.pk,
        expected_version=commitment.version,
        reason_code="yield",
        author=BY_SYSTEM,
        now=NOW,
    )

    commitment = commit(line, (ASKED, 90))

    assert [kind for kind, _ in said(line)] == ["commit", "decommit", "recommit"]
    assert commitment.state == "committed"
    assert commitment.original.number == 1
    assert commitment.current.number == 3


def test_saying_the_same_again_keeps_version_ledger_and_journal():
    line = a_line(need_by=ASKED)
    version = a_commitment(line, [(ASKED, 90)]).version
    events = Event.objects.count()

    commitment = commit(line, (ASKED, 90))

    assert commitment.version == version
    assert len(said(line)) == 1
    assert Event.objects.count() == events


def test_tranches_are_kept_by_date_however_they_were_given():
    line = a_line(quantity=90, need_by=ASKED)

    commit(line, (ASKED, 30), (ASKED - DAY, 60))

    assert said(line) == [("commit", [(ASKED - DAY, 60), (ASKED, 30)])]


def test_a_promise_may_add_up_to_what_is_asked_and_not_to_one_piece_more():
    line = a_line(quantity=90, need_by=ASKED)

    with pytest.raises(errors.TooManyPiecesError, match="asks for 90 pieces; 91 are"):
        commit(line, (ASKED - DAY, 60), (ASKED, 31))

    assert nothing_was_said(line)
    assert commit(line, (ASKED - DAY, 60), (ASKED, 30)).state == "committed"


def test_after_a_receipt_only_the_rest_can_be_promised():
    line = a_line(quantity=90, need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])
    a_receipt(line, 40)

    with pytest.raises(errors.TooManyPiecesError, match="still asks for 50 pieces"):
        commit(line, (ASKED, 51))

    commitment = commit(line, (ASKED + DAY, 50), reason_code="logistics")
    assert said(line)[-1] == ("push_out", [(ASKED + DAY, 50)])
    assert commitment.current.received_quantity == 40


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (TODAY - DAY, False),
        (TODAY, True),
        (TODAY + 1_095 * DAY, True),
        (TODAY + 1_096 * DAY, False),
        (date.max, False),
    ],
)
def test_a_dock_date_lies_between_today_at_the_site_and_the_horizon(day, fits):
    line = a_line(quantity=90, need_by=ASKED)

    if fits:
        commit(line, (day, 90), reason_code="capacity")
        assert said(line) == [("commit", [(day, 90)])]
    else:
        with pytest.raises(errors.DateRangeError, match="23 Nov 2026 to 22 Nov 2029"):
            commit(line, (day, 90), reason_code="capacity")
        assert nothing_was_said(line)


def test_nothing_is_promised_for_a_day_before_the_order():
    line = a_line(quantity=90, need_by=ASKED)
    line.purchase_order.ordered_at = NOW + 3 * DAY
    line.purchase_order.save()

    with pytest.raises(errors.DateRangeError, match="26 Nov 2026 to"):
        commit(line, (TODAY + 2 * DAY, 90))
    commit(line, (TODAY + 3 * DAY, 90))

    assert said(line) == [("commit", [(TODAY + 3 * DAY, 90)])]


def test_today_is_the_receiving_sites_today():
    # 04:00 UTC is still the evening before in Monterrey.
    line = a_line(need_by=TODAY)

    commitment = commitments.accept(
        line_id=line.pk,
        expected_version=1,
        author=BY_SYSTEM,
        now=NOW.replace(day=24, hour=4),
    )

    assert commitment.current.last_dock_date == TODAY


def test_what_was_asked_for_a_day_that_has_passed_cannot_be_accepted():
    line = a_line(need_by=TODAY - DAY)

    with pytest.raises(errors.DateRangeError, match="22 Nov 2026 is out of range"):
        commitments.accept(
            line_id=line.pk, expected_version=1, author=BY_SYSTEM, now=NOW
        )

    assert nothing_was_said(line)


@pytest.mark.parametrize(
    ("deliveries", "error"),
    [
        ([], errors.TrancheCountError),
        ([(ASKED + n * DAY, 1) for n in range(13)], errors.TrancheCountError),
        ([(ASKED, 0)], errors.QuantityRangeError),
        ([(ASKED, -3)], errors.QuantityRangeError),
        ([(ASKED, 3), (ASKED, 4)], errors.DateTwiceError),
        ([(ASKED, 10**30)], errors.TooManyPiecesError),
    ],
)
def test_a_promise_that_cannot_be_is_refused_whole(deliveries, error):
    line = a_line(quantity=90, need_by=ASKED)

    with pytest.raises(error):
        commit(line, *deliveries, reason_code="capacity")

    assert nothing_was_said(line)


@pytest.mark.parametrize(
    ("deliveries", "needs_reason"),
    [
        ([(ASKED, 90)], False),
        ([(ASKED - DAY, 60), (ASKED, 30)], False),
        ([(ASKED + DAY, 90)], True),
        ([(ASKED, 60), (ASKED + DAY, 30)], True),
        ([(ASKED, 89)], True),
    ],
)
def test_a_first_promise_worse_than_asked_needs_a_reason(deliveries, needs_reason):
    line = a_line(quantity=90, need_by=ASKED)

    if needs_reason:
        with pytest.raises(errors.ReasonMissingError, match="later or less needs"):
            commit(line, *deliveries)
        assert nothing_was_said(line)
    else:
        assert commit(line, *deliveries).state == "committed"


def test_a_promise_moved_later_needs_a_reason_and_moved_earlier_does_not():
    line = a_line(need_by=ASKED)
    a_commitment(line, [(ASKED + 5 * DAY, 90)])

    with pytest.raises(errors.ReasonMissingError):
        commit(line, (ASKED + 6 * DAY, 90))

    commit(line, (ASKED + 4 * DAY, 90))
    assert said(line)[-1] == ("pull_in", [(ASKED + 4 * DAY, 90)])


def test_a_reason_off_the_list_is_refused():
    line = a_line(need_by=ASKED)

    with pytest.raises(errors.UnknownReasonError, match="moon phase is not on"):
        commit(line, (ASKED + DAY, 90), reason_code="moon phase")

    assert nothing_was_said(line)


@pytest.mark.parametrize("note", ["x" * 301, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_refused(note):
    line = a_line(need_by=ASKED)

    with pytest.raises(errors.NoteRefusedError, match="up to 300"):
        commit(line, (ASKED, 90), note=note)

    assert nothing_was_said(line)


def test_following_a_request_the_buyer_moved_is_the_buyers_doing():
    line = a_line(quantity=90, need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])
    change_request(
        line_id=line.pk,
        request=Request(quantity=90, need_by=ASKED + 9 * DAY),
        actor="user:1",
        now=NOW,
    )

    commit(line, (ASKED + 9 * DAY, 90))

    newest = line.commitment.revisions.latest("number")
    assert (newest.kind, newest.cause) == ("push_out", "buyer")
    assert newest.reason_code == "buyer_request"


def test_a_slip_beyond_what_the_buyer_moved_is_the_suppliers():
    line = a_line(quantity=90, need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])
    change_request(
        line_id=line.pk,
        request=Request(quantity=90, need_by=ASKED + 9 * DAY),
        actor="user:1",
        now=NOW,
    )

    with pytest.raises(errors.ReasonMissingError):
        commit(line, (ASKED + 10 * DAY, 90))
    commit(line, (ASKED + 10 * DAY, 90), reason_code="labour")

    newest = line.commitment.revisions.latest("number")
    assert (newest.cause, newest.reason_code) == (Cause.SUPPLIER, "labour")


def test_an_answer_to_an_old_version_changes_nothing():
    line = a_line(need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])
    events = Event.objects.count()

    with pytest.raises(errors.StaleCommitmentError, match="saw version 1, now it is"):
        commit(line, (ASKED + DAY, 90), expected_version=1, reason_code="yield")

    assert len(said(line)) == 1
    assert Event.objects.count() == events


@pytest.mark.parametrize("state", ["received", "closed", "cancelled"])
def test_a_line_that_is_over_or_under_way_takes_no_promise(state):
    line = a_line(need_by=ASKED)
    a_commitment(line, [(ASKED, 90)])
    Commitment.objects.for_staff().update(state=state)

    with pytest.raises(errors.IllegalMoveError, match=f"is {state} and can not be"):
        commit(line, (ASKED + DAY, 90), reason_code="yield")

    assert len(said(line)) == 1


def test_the_event_has_the_suppliers_scope_one_sentence_and_both_sides():
    supplier = a_supplier(name="Tessaline Sensors")
    line = a_line(supplier=supplier, quantity=174, need_by=ASKED)
    commitment = a_commitment(line, [(ASKED, 174)])

    commit(line, (ASKED, 87), (ASKED + 6 * DAY, 87), reason_code="yield")

    event = Event.objects.latest("pk")
    assert event.kind == "commitment.changed"
    assert event.scope == f"supplier:{supplier.pk}"
    assert event.summary == (
        f"{line.purchase_order.number} line 10, {line.part.code}: Tessaline Sensors "
        "promises 87 on 7\u00a0Dec, 87 on 13\u00a0Dec instead of 174 on 7\u00a0Dec "
        "(Yield)"
    )
    assert event.object_id == str(commitment.pk)
    assert event.before == {
        "state": "committed",
        "version": 2,
        "tranches": [{"quantity": 174, "dock_date": "2026-12-07"}],
        "substitute": "",
        "word_by": None,
        "received": 0,
    }
    assert event.after == {
        "state": "committed",
        "version": 3,
        "tranches": [
            {"quantity": 87, "dock_date": "2026-12-07"},
            {"quantity": 87, "dock_date": "2026-12-13"},
        ],
        "substitute": "",
        "word_by": None,
        "received": 0,
    }


def test_a_first_promise_is_told_as_committed():
    line = a_line(need_by=ASKED)

    commit(line, (ASKED, 90))

    assert Event.objects.get().kind == "commitment.committed"


def test_a_summary_of_many_deliveries_stays_short():
    line = a_line(
        supplier=a_supplier(name="N" * 120), quantity=90, need_by=ASKED + 30 * DAY
    )

    commit(line, *[(ASKED + n * DAY, 7) for n in range(12)], reason_code="yield")

    event = Event.objects.get()
    assert "84 in 12\u00a0deliveries, 7\u00a0Dec to 18\u00a0Dec" in event.summary
    assert len(event.summary) <= 300
