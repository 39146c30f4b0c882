"""The other answers: seen, cannot say yet, withdrawn, rejected, taken back."""

from datetime import timedelta

import pytest

from journal.models import Event
from suppliers import errors
from suppliers.models import Commitment, CommitRevision
from suppliers.services import commitments
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_receipt,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def answer(verb, line, **fields):
    commitment = Commitment.objects.for_staff().get(line=line)
    return getattr(commitments, verb)(
        line_id=line.pk,
        **{"expected_version": commitment.version, "author": BY_SYSTEM, "now": NOW}
        | fields,
    )


def kinds(line):
    return list(
        line.commitment.revisions.order_by("number").values_list("kind", flat=True)
    )


def test_acknowledging_is_a_fact_of_its_own_and_promises_nothing():
    line = a_line()

    commitment = answer("acknowledge", line)

    assert (commitment.state, commitment.acknowledged_at) == ("acknowledged", NOW)
    assert (commitment.current, kinds(line)) == (None, [])
    assert Event.objects.get().kind == "commitment.acknowledged"


def test_a_line_is_acknowledged_once():
    line = a_line()
    answer("acknowledge", line)

    with pytest.raises(errors.IllegalMoveError, match="is acknowledged and can not"):
        answer("acknowledge", line)

    assert Event.objects.count() == 1


def test_cannot_say_yet_names_the_day_of_the_next_word():
    line = a_line()

    commitment = answer("cannot_say", line, word_by=TODAY + 3 * DAY)

    assert (commitment.state, commitment.word_by) == (
        "acknowledged",
        TODAY + 3 * DAY,
    )
    assert kinds(line) == ["cannot_say"]
    assert "cannot say yet, next word by 26\u00a0Nov" in Event.objects.get().summary


@pytest.mark.parametrize("days", [-1, 91])
def test_the_next_word_comes_between_today_and_ninety_days(days):
    line = a_line()

    with pytest.raises(errors.DateRangeError, match="Date of your next word"):
        answer("cannot_say", line, word_by=TODAY + days * DAY)

    assert kinds(line) == []


def test_cannot_say_takes_a_standing_promise_back_and_then_needs_a_reason():
    line = a_line()
    a_commitment(line)

    with pytest.raises(errors.ReasonMissingError):
        answer("cannot_say", line, word_by=TODAY)
    commitment = answer("cannot_say", line, word_by=TODAY, reason_code="customs")

    assert (commitment.state, kinds(line)) == (
        "acknowledged",
        ["commit", "cannot_say"],
    )
    assert commitment.original.number == commitment.current.number == 1


def test_a_later_promise_ends_the_waiting_for_a_word():
    line = a_line(need_by=ASKED)
    answer("cannot_say", line, word_by=TODAY)

    commitment = answer("accept", line)

    assert (commitment.state, commitment.word_by) == ("committed", None)
    assert kinds(line) == ["cannot_say", "commit"]


def test_withdrawing_keeps_what_was_promised_on_record():
    line = a_line(quantity=174, need_by=ASKED)
    a_commitment(line)

    commitment = answer("decommit", line, reason_code="yield", note="Lot 8 failed")

    assert (commitment.state, kinds(line)) == ("decommitted", ["commit", "decommit"])
    assert commitment.current.quantity == 174
    event = Event.objects.latest("pk")
    assert event.kind == "commitment.decommitted"
    assert event.summary.endswith("withdraws 174 on 7\u00a0Dec (Yield)")
    assert event.after["tranches"] == []


@pytest.mark.parametrize("verb", ["decommit", "reject"])
def test_withdrawing_and_rejecting_need_a_reason(verb):
    line = a_line()
    if verb == "decommit":
        a_commitment(line)
    events = Event.objects.count()

    with pytest.raises(errors.ReasonMissingError):
        answer(verb, line, reason_code="")

    assert Event.objects.count() == events


def test_only_a_promise_can_be_withdrawn_and_only_a_request_rejected():
    asked, promised = a_line(), a_line()
    a_commitment(promised)

    with pytest.raises(errors.IllegalMoveError, match="can not be withdrawn"):
        answer("decommit", asked, reason_code="yield")
    with pytest.raises(errors.IllegalMoveError, match="can not be rejected"):
        answer("reject", promised, reason_code="yield")


def test_a_rejected_line_can_still_be_promised():
    line = a_line(need_by=ASKED)
    assert answer("reject", line, reason_code="capacity").state == "rejected"
    assert Event.objects.get().kind == "commitment.rejected"

    assert answer("accept", line).state == "committed"
    assert kinds(line) == ["reject", "commit"]


def test_undo_of_a_first_promise_leaves_the_line_asked_for_and_unjudged():
    line = a_line(need_by=ASKED)
    answer("accept", line)

    commitment = answer("undo", line, now=NOW + 60 * SECOND)

    assert (commitment.state, commitment.version) == ("requested", 3)
    assert (commitment.original, commitment.current) == (None, None)
    assert kinds(line) == ["commit", "undo"]


def test_undo_of_a_push_out_brings_the_promise_before_back():
    line = a_line(quantity=90, need_by=ASKED)
    first = a_commitment(line).current
    answer(
        "commit",
        line,
        deliveries=[commitments.Delivery(ASKED + DAY, 90)],
        reason_code="yield",
    )

    commitment = answer("undo", line)

    assert commitment.current == commitment.original == first
    assert kinds(line) == ["commit", "push_out", "undo"]
    event = Event.objects.latest("pk")
    assert event.after["tranches"] == [{"quantity": 90, "dock_date": "2026-12-07"}]
    assert "takes the last answer back, 90 on 7\u00a0Dec" in event.summary


def test_undo_of_a_withdrawal_lets_the_promise_stand_again():
    line = a_line()
    a_commitment(line)
    answer("decommit", line, reason_code="yield")

    assert answer("undo", line).state == "committed"


def test_undo_of_cannot_say_brings_the_word_before_back():
    line = a_line()
    answer("cannot_say", line, word_by=TODAY)
    answer("cannot_say", line, word_by=TODAY + DAY)

    assert answer("undo", line).word_by == TODAY


def test_undo_is_open_for_sixty_seconds():
    line = a_line()
    answer("accept", line)

    with pytest.raises(errors.UndoTooLateError, match="for 60 seconds"):
        answer("undo", line, now=NOW + 61 * SECOND)

    assert kinds(line) == ["commit"]


@pytest.mark.parametrize("followed_by", ["nothing", "undo", "receipt"])
def test_only_the_newest_answer_can_be_taken_back(followed_by):
    line = a_line()
    if followed_by != "nothing":
        answer("accept", line)
    if followed_by == "undo":
        answer("undo", line)
    if followed_by == "receipt":
        a_receipt(line, 1, now=NOW + SECOND)
    before = CommitRevision.objects.for_staff().count()

    with pytest.raises(errors.NothingToUndoError):
        answer("undo", line, now=NOW + 2 * SECOND)

    assert CommitRevision.objects.for_staff().count() == before


def test_every_answer_refuses_an_old_version():
    line = a_line(need_by=ASKED)
    a_commitment(line)

    for verb, fields in {
        "acknowledge": {},
        "accept": {},
        "decommit": {"reason_code": "yield"},
        "reject": {"reason_code": "yield"},
        "cannot_say": {"word_by": TODAY, "reason_code": "yield"},
        "undo": {},
    }.items():
        with pytest.raises(errors.StaleCommitmentError):
            answer(verb, line, expected_version=1, **fields)

    assert kinds(line) == ["commit"]
