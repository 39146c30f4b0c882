"""Random lives of one line: the ledger replays to its row, and never lies."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory.models import StockLot
from journal.models import Event
from suppliers.errors import SuppliersError
from suppliers.ledger import STANDING, Delivery, Entry, Kind, State, replay
from suppliers.models import (
    Commitment,
    CommitRevision,
    PurchaseOrderLine,
    Shipment,
    ShipmentLine,
)
from suppliers.services import commitments
from suppliers.services.hold import standing_promise
from suppliers.services.receipts import record_receipt
from suppliers.services.requests import Request, change_request
from suppliers.services.shipments import announce_shipment, cancel_shipment
from tests.builders.factory import NOW
from tests.builders.suppliers import BY_SYSTEM, TODAY, a_line, a_notice

days = st.integers(-1, 12).map(lambda count: TODAY + timedelta(days=count))
reason = st.sampled_from(["", "yield", "capacity", "nonsense"])
deliveries = st.lists(st.builds(Delivery, days, st.integers(0, 25)), max_size=3)


def steps(verb, **fields):
    return st.tuples(st.just(verb), st.fixed_dictionaries(fields))


ANSWERS = st.one_of(
    steps("acknowledge"),
    steps("accept"),
    steps("commit", deliveries=deliveries, reason_code=reason),
    steps("decommit", reason_code=reason),
    steps("reject", reason_code=reason),
    steps("cannot_say", word_by=days, reason_code=reason),
    steps("undo"),
)
FACTS = st.one_of(
    steps("receive", quantity=st.integers(0, 12)),
    steps("ship", quantity=st.integers(0, 12)),
    steps("call_back"),
    steps("ask", quantity=st.integers(1, 30), need_by=days, is_cancelled=st.booleans()),
)

FACT_VERBS = {"receive", "ship", "call_back", "ask"}


def carry_out(line, verb, fields, now):
    line.refresh_from_db()
    line.commitment.refresh_from_db()
    if verb == "receive":
        record_receipt(
            line_id=line.pk, received_on=TODAY, actor="system", now=now, **fields
        )
    elif verb == "ship":
        announce_shipment(
            supplier=line.purchase_order.supplier,
            notice=a_notice((line, fields["quantity"])),
            author=BY_SYSTEM,
            now=now,
        )
    elif verb == "call_back":
        call_back(line, now)
    elif verb == "ask":
        fields["quantity"] = max(fields["quantity"], line.received)
        change_request(
            line_id=line.pk, request=Request(**fields), actor="system", now=now
        )
    else:
        getattr(commitments, verb)(
            line_id=line.pk,
            expected_version=line.commitment.version,
            author=BY_SYSTEM,
            now=now,
            **fields,
        )


def call_back(line, now):
    row = line.shipment_lines.filter(state="on_the_way").first()
    if row is not None:
        cancel_shipment(
            supplier=line.purchase_order.supplier,
            shipment_id=row.shipment_id,
            expected_version=row.shipment.version,
            author=BY_SYSTEM,
            now=now,
        )


def rows(line):
    """Return everything a refused change could have touched."""
    return [
        list(StockLot.objects.order_by("pk").values()),
        PurchaseOrderLine.objects.for_staff().values().get(pk=line.pk),
        Commitment.objects.for_staff().values().get(line=line),
        CommitRevision.objects.for_staff().count(),
        list(Shipment.objects.for_staff().order_by("pk").values()),
        list(ShipmentLine.objects.for_staff().order_by("pk").values()),
        Event.objects.count(),
    ]


def check_replay(line, *, by_answers_alone):
    row = line.commitment
    said = list(row.revisions.order_by("number"))
    position = replay(
        (
            Entry(number=one.number, kind=Kind(one.kind), word_by=one.word_by)
            for one in said
        ),
        is_acknowledged=row.acknowledged_at is not None,
    )
    numbers = {one.pk: one.number for one in said}
    assert numbers.get(row.original_id) == position.original
    assert numbers.get(row.current_id) == position.current
    assert [one.number for one in said] == list(range(1, len(said) + 1))
    if by_answers_alone:
        assert (row.state, row.word_by) == (position.state, position.word_by)


def check_quantities(line):
    came = sum(receipt.quantity for receipt in line.receipts.all())
    assert line.received == came == sum(lot.quantity for lot in StockLot.objects.all())
    for revision in line.commitment.revisions.prefetch_related("tranches"):
        promised = sum(row.quantity for row in revision.tranches.all())
        asked = revision.requested_quantity - revision.received_quantity
        assert revision.quantity == promised <= max(0, asked)


def check_states(line):
    over = {State.RECEIVED, State.CLOSED, State.CANCELLED}
    allowed = {
        PurchaseOrderLine.State.OPEN: set(State) - over,
        PurchaseOrderLine.State.CLOSED: {State.RECEIVED, State.CLOSED},
        PurchaseOrderLine.State.CANCELLED: {State.CANCELLED},
    }
    assert line.commitment.state in allowed[line.state]
    # Every change is one version and one event.
    events = Event.objects.exclude(object_type="shipment")
    assert events.count() == line.commitment.version - 1


def check_shipments(line):
    on_the_way = sum(row.outstanding for row in line.shipment_lines.all())
    assert line.on_the_way == on_the_way
    counted = sum(row.received for row in line.shipment_lines.all())
    assert counted <= line.received
    promised = sum(one.quantity for one in standing_promise(line.commitment, line))
    is_shipped = line.commitment.state == State.SHIPPED
    stands = line.commitment.state in STANDING
    assert is_shipped == (stands and 0 < promised <= on_the_way)


def live(life):
    """Carry a life out step by step, checking after each; leave no trace."""
    with transaction.atomic():
        line = a_line(quantity=20, need_by=TODAY + timedelta(days=5))
        by_answers_alone = True
        for minute, (verb, fields) in enumerate(life):
            before = rows(line)
            try:
                with transaction.atomic():
                    carry_out(line, verb, dict(fields), NOW + minute * SOON)
            except SuppliersError:
                assert rows(line) == before
            by_answers_alone &= verb not in FACT_VERBS or rows(line) == before
            line.refresh_from_db()
            line.commitment.refresh_from_db()
            check_replay(line, by_answers_alone=by_answers_alone)
            check_quantities(line)
            check_states(line)
            check_shipments(line)
        transaction.set_rollback(True)


SOON = timedelta(seconds=20)
LIFE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@pytest.mark.django_db
@LIFE
@given(st.lists(ANSWERS, min_size=1, max_size=15))
def test_any_answers_replay_to_the_row(life):
    live(life)


@pytest.mark.slow
@pytest.mark.django_db
@LIFE
@given(st.lists(st.one_of(ANSWERS, ANSWERS, FACTS), min_size=1, max_size=20))
def test_receipts_and_new_requests_leave_the_ledger_true(life):
    live(life)
