"""The demo's suppliers: who they are, what they said, and the story of six racks."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.db.models import F, Sum

from factory.demo import build_factory
from suppliers.demo import build_suppliers
from suppliers.ledger import (
    STANDING,
    Delivery,
    Entry,
    Kind,
    State,
    is_worse,
    kind_of,
    replay,
)
from suppliers.models import (
    Commitment,
    CommitRevision,
    LineNeed,
    PurchaseOrderLine,
    Source,
    Supplier,
    SupplierUser,
    Tranche,
)
from suppliers.queries.portal import needing_answer
from suppliers.tenancy import Role, Tenant

pytestmark = pytest.mark.django_db

AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SEED = 1


def build(racks, seed=SEED):
    factory = build_factory(racks=racks, seed=seed, as_of=AS_OF)
    return factory, build_suppliers(factory=factory, seed=seed, as_of=AS_OF)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Return one demo of sixty racks for all tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(racks=60)
        transaction.set_rollback(True)


def entry(revision):
    return Entry(
        number=revision.number, kind=Kind(revision.kind), word_by=revision.word_by
    )


def promise(revision):
    return tuple(
        sorted(Delivery(row.dock_date, row.quantity) for row in revision.tranches.all())
    )


def with_ledgers():
    return (
        Commitment.objects.for_staff()
        .select_related("line__part", "original", "current")
        .prefetch_related("revisions__tranches", "line__receipts")
    )


def test_there_are_two_hundred_suppliers_with_people_sources_and_places(demo):
    regions = Counter(Supplier.objects.values_list("region", flat=True))
    assert Supplier.objects.count() == 200
    assert len(set(Supplier.objects.values_list("name", flat=True))) == 200
    assert SupplierUser.objects.for_staff().count() == 200
    assert Source.objects.for_staff().count() == 200
    assert regions["TW"] == 90
    assert regions["JP"] + regions["KR"] == 20
    assert regions["DE"] == 10


def test_each_part_has_as_many_suppliers_as_its_component_says(demo):
    factory, _ = demo

    sources = Counter(Source.objects.for_staff().values_list("part__code", flat=True))
    assert sources == {
        code: component.suppliers for code, component in factory.components.items()
    }


def test_nobody_can_sign_in_with_a_password_of_the_bulk(demo):
    for person in SupplierUser.objects.for_staff().select_related("user")[:5]:
        assert not person.user.has_usable_password()


def test_every_ledger_replays_to_its_row(demo):
    for commitment in with_ledgers():
        revisions = sorted(commitment.revisions.all(), key=lambda row: row.number)
        position = replay(
            map(entry, revisions),
            is_acknowledged=commitment.acknowledged_at is not None,
        )
        numbers = {revision.pk: revision.number for revision in revisions}
        assert numbers.get(commitment.original_id) == position.original
        assert numbers.get(commitment.current_id) == position.current
        assert commitment.word_by == position.word_by
        if commitment.line.received_in_full_on is None:
            assert commitment.state == position.state
        else:
            assert commitment.state == State.RECEIVED


def test_every_answer_could_have_been_given_in_the_portal(demo):
    for commitment in with_ledgers():
        stood = ()
        for place, revision in enumerate(
            sorted(commitment.revisions.all(), key=lambda row: row.number)
        ):
            said = promise(revision)
            assert revision.quantity == sum(row.quantity for row in said)
            assert revision.quantity <= revision.requested_quantity
            if said:
                assert revision.kind == kind_of(said, stood, is_first=place == 0)
                assert said[0].on >= revision.made_at.date() or place == 0
            if stood and (not said or is_worse(said, stood)):
                assert revision.reason_code
            stood = said


def test_receipts_add_up_on_every_line(demo):
    for line in PurchaseOrderLine.objects.for_staff().prefetch_related("receipts"):
        assert line.received == sum(row.quantity for row in line.receipts.all())
        assert all(row.received_on <= AS_OF.date() for row in line.receipts.all())


def test_one_promise_in_eight_changes_mostly_to_a_later_day(demo):
    revised = Commitment.objects.for_staff().filter(original__isnull=False)
    by_suppliers = revised.filter(current__cause=CommitRevision.Cause.SUPPLIER)
    moved = by_suppliers.exclude(current=F("original")).count()
    share = moved / revised.count()
    kinds = Counter(
        CommitRevision.objects.for_staff()
        .filter(number__gt=1, cause=CommitRevision.Cause.SUPPLIER)
        .values_list("kind", flat=True)
    )
    assert 0.09 <= share <= 0.15
    assert kinds["push_out"] > kinds["split"] > kinds["pull_in"] > kinds["decommit"]


def test_some_lines_are_unanswered_seen_or_put_off(demo):
    states = Counter(Commitment.objects.for_staff().values_list("state", flat=True))
    put_off = Commitment.objects.for_staff().filter(word_by__isnull=False).count()
    assert states["requested"] > 5
    assert states["acknowledged"] > put_off > 5
    assert states["rejected"] > 0


def standing_pieces(part):
    promised = Tranche.objects.for_staff().filter(
        revision__commitment__current=F("revision"),
        revision__commitment__state__in=STANDING,
        revision__commitment__line__part=part,
        revision__commitment__line__need__isnull=False,
    )
    return promised.aggregate(pieces=Sum("quantity"))["pieces"]


def test_every_part_the_racks_need_is_promised_but_six_racks_of_sensors(demo):
    factory, suppliers = demo

    for code, need in factory.needs.items():
        missing = sum(pieces for _, pieces in need.uncovered())
        if not missing:
            continue
        promised = standing_pieces(factory.parts[code])
        if code == "LEAKSNS":
            assert missing - promised == 6 * 29
        else:
            assert promised >= missing, code
    story = LineNeed.objects.for_supplier(suppliers.story).get(
        line__commitment__state=State.DECOMMITTED
    )
    assert (story.racks, story.blocked_racks) == (6, 6)
    assert story.line.commitment.current.quantity == 174


def test_the_storys_supplier_finds_its_withdrawal_first_and_two_more_to_answer(demo):
    _, suppliers = demo
    person = SupplierUser.objects.for_supplier(suppliers.story).get().user
    tenant = Tenant(supplier=suppliers.story, person=person, role=Role.ANSWER)

    urgent = [line.why for line in needing_answer(tenant, now=AS_OF)]

    assert urgent[0] == "withdrawn"
    assert {"new", "word_due"} <= set(urgent)
