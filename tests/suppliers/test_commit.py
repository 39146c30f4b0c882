"""Promising: what is kept, what kind of answer it is, what is refused."""

from datetime import date, timedelta

import pytest
from journal.models import Event
from suppliers import errors
from suppliers.ledger import Delivery
from suppliers.models import Commitment, CommitRevision, Tranche
from suppliers.services import commitments
from suppliers.services.author import Author, Cause, Door
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


def commit(line, *deliveries, **fields):
    commitment = Commitment.objects.for_staff().get(line=line)
    return commitments.commit(
        line_id=line.pk,
        deliveries=[Delivery(on, quantity) for on, quantity in deliveries],
        **{
            "expected_version": commitment.version,
            "author": BY_SYSTEM,
            "now": NOW,
        }
        | fields,
    )


def said(line):
    return [
        (
            revision.kind,
            [
                (tranche.dock_date, tranche.quantity)
                for tranche in revision.tranches.all()
            ],
        )
        for revision in line.commitment.revisions.order_by("number")
    ]


def test_accepting_promises_what_was_asked_on_the_day_it_was_asked_for():
    line = a_line(quantity=90, need_by=ASKED)

    commitment = commitments.accept(
        line_id=line.pk, expected_version=1, author=BY_SYSTEM, now=NOW
    )

    assert said(line) == [("commit", [(ASKED, 90)])]
    assert (commitment.state, commitment.version) == ("committed", 2)
    assert commitment.original == commitment.current
    assert commitment.acknowledged_at is None
