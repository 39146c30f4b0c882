"""A supplier contests a case once, the buyer answers once; both stay as they are."""

import pytest
from django.db import IntegrityError, transaction

from journal.models import Event
from suppliers.models import Dispute, DisputeAnswer
from suppliers.services.disputes import Case, DisputeRefusedError, answer, dispute
from tests.builders.factory import NOW
from tests.builders.suppliers import BY_SYSTEM, a_line

pytestmark = pytest.mark.django_db

Measure = Dispute.Measure


def contest(line, note="The dock was closed that day", measure=Measure.ORIGINAL):
    case = Case(line=line, measure=measure)
    return dispute(case=case, note=note, author=BY_SYSTEM, now=NOW)


def test_a_dispute_and_its_answer_are_told_to_that_supplier_alone():
    row = contest(a_line())

    answer(row=row, is_upheld=True, note="It was", author=BY_SYSTEM, now=NOW)

    opened, answered = Event.objects.order_by("pk")
    assert (opened.kind, answered.kind) == ("dispute.opened", "dispute.answered")
    supplier = row.line.purchase_order.supplier
    assert {opened.scope, answered.scope} == {supplier.scope}
    assert answered.after == {"is_upheld": True, "note": "It was"}


def test_a_case_is_disputed_once():
    line = a_line()
    contest(line)

    with pytest.raises(DisputeRefusedError, match="is disputed already"):
        contest(line)

    contest(line, measure=Measure.CURRENT)
    assert Dispute.objects.for_staff().count() == 2


def test_a_dispute_is_answered_once():
    row = contest(a_line())
    answer(row=row, is_upheld=False, note="It was open", author=BY_SYSTEM, now=NOW)

    with pytest.raises(DisputeRefusedError, match="answered already"):
        answer(row=row, is_upheld=True, note="Yes", author=BY_SYSTEM, now=NOW)

    assert not DisputeAnswer.objects.for_staff().get().is_upheld


@pytest.mark.parametrize("note", ["", "   ", "x" * 301, "a\x00b"])
def test_a_dispute_says_why_in_words_that_can_be_kept(note):
    with pytest.raises(DisputeRefusedError, match="plain text of 1 to 300"):
        contest(a_line(), note)

    assert not Dispute.objects.for_staff().exists()
    assert not Event.objects.exists()


def test_neither_is_changed_or_erased():
    row = contest(a_line())
    given = answer(row=row, is_upheld=False, note="No", author=BY_SYSTEM, now=NOW)

    for kept, field in ((row, "note"), (given, "note")):
        setattr(kept, field, "something else")
        with (
            pytest.raises(IntegrityError, match="is append-only"),
            transaction.atomic(),
        ):
            kept.save()


def test_absorption_is_disputed_about_one_change():
    with (
        pytest.raises(IntegrityError, match="dispute_change_iff_absorption"),
        transaction.atomic(),
    ):
        Dispute.objects.create(
            line=a_line(), measure=Measure.ABSORPTION, note="Why", actor="system"
        )
