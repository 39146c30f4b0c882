"""Many hands on one line at once: nothing is lost, each loser is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from journal.models import Event
from suppliers.errors import StaleCommitmentError
from suppliers.ledger import Delivery
from suppliers.models import Commitment, CommitRevision
from suppliers.services import commitments
from suppliers.services.receipts import record_receipt
from tests.builders.factory import NOW
from tests.builders.suppliers import BY_SYSTEM, TODAY, a_commitment, a_line

# SQLite lets one writer in at a time, so there is no race to lose.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor == 'sqlite'", reason="threads race on PostgreSQL only"
    ),
]

HANDS = 8
CHANGES = 50


def in_threads(work):
    """Run work(number) in every hand at the same moment; return the results."""
    barrier = Barrier(HANDS)

    def hand(number):
        barrier.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(hand, range(HANDS)))


def test_of_answers_to_one_version_one_is_kept_and_the_others_are_told():
    line = a_line(quantity=90, need_by=TODAY + timedelta(days=14))
    version = a_commitment(line).version

    def answer(number):
        try:
            commitments.commit(
                line_id=line.pk,
                expected_version=version,
                deliveries=[Delivery(TODAY + timedelta(days=number), 90)],
                author=BY_SYSTEM,
                now=NOW,
            )
        except StaleCommitmentError as error:
            return error.found
        return "kept"

    results = in_threads(answer)

    assert sorted(map(str, results)) == [str(version + 1)] * (HANDS - 1) + ["kept"]
    assert CommitRevision.objects.for_staff().count() == 2


@pytest.mark.slow
def test_eight_hands_of_fifty_changes_each_lose_nothing():
    line = a_line(quantity=90, need_by=TODAY + timedelta(days=14))
    a_commitment(line)

    def answer_until_kept(number):
        kept = told = 0
        while kept < CHANGES:
            version = Commitment.objects.for_staff().get(line=line).version
            day = TODAY + timedelta(days=1 + (number * CHANGES + kept) % 300)
            try:
                commitments.commit(
                    line_id=line.pk,
                    expected_version=version,
                    deliveries=[Delivery(day, 89 - (number * CHANGES + kept) % 80)],
                    author=BY_SYSTEM,
                    now=NOW,
                    reason_code="capacity",
                )
            except StaleCommitmentError:
                told += 1
            else:
                kept += 1
        return told

    told = in_threads(answer_until_kept)

    row = Commitment.objects.for_staff().get(line=line)
    numbers = CommitRevision.objects.for_staff().values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, HANDS * CHANGES + 2))
    assert row.version == HANDS * CHANGES + 2
    assert Event.objects.count() == HANDS * CHANGES + 1
    assert sum(told) > 0


def test_receipts_at_once_never_add_up_wrongly():
    line = a_line(quantity=HANDS * 10)
    a_commitment(line)

    def receive(number):
        record_receipt(
            line_id=line.pk,
            quantity=10,
            received_on=TODAY,
            actor="system",
            now=NOW,
            lot=f"L-{number}",
        )

    in_threads(receive)

    line.refresh_from_db()
    line.commitment.refresh_from_db()
    assert (line.received, line.state) == (HANDS * 10, "closed")
    assert line.commitment.state == "received"
