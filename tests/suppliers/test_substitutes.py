"""An approved alternate in place of the part ordered, and nothing else."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from factory.models import PartAlternate
from scheduling.clock import SiteClock
from scheduling.snapshot.supplies import Dock, read_promised
from suppliers.errors import SubstituteNotApprovedError
from suppliers.ledger import Delivery
from suppliers.models import CommitRevision
from suppliers.services import commitments
from tests.builders.factory import NOW, a_part
from tests.builders.suppliers import (
    BY_SYSTEM,
    TODAY,
    a_commitment,
    a_line,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db

ASKED = TODAY + timedelta(days=14)


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def line():
    return a_line(
        supplier=a_supplier(), part=a_part("SENSOR"), quantity=90, need_by=ASKED
    )


@pytest.fixture
def alternate(line):
    part = a_part("SENSOR-B")
    PartAlternate.objects.create(
        part=line.part, alternate=part, valid_from=TODAY, approved_by="Quality"
    )
    return part


def commit(line, substitute, *, on=ASKED, quantity=90, version=None):
    line.commitment.refresh_from_db()
    return commitments.commit(
        line_id=line.pk,
        expected_version=version or line.commitment.version,
        deliveries=[Delivery(on, quantity)],
        author=BY_SYSTEM,
        now=NOW,
        substitute=substitute,
    )


def kinds(line):
    return [
        (row.kind, row.substitute.code if row.substitute else "")
        for row in line.commitment.revisions.order_by("number")
    ]


def test_an_approved_alternate_is_a_revision_with_its_part(line, alternate):
    a_commitment(line)

    commit(line, "SENSOR-B")

    assert kinds(line) == [("commit", ""), ("substitute", "SENSOR-B")]


def test_a_first_promise_may_bring_the_alternate(line, alternate):
    commit(line, "SENSOR-B")

    assert kinds(line) == [("commit", "SENSOR-B")]


def test_the_part_ordered_comes_back_by_a_revision(line, alternate):
    commit(line, "SENSOR-B")

    commit(line, "")

    assert kinds(line)[-1] == ("recommit", "")


def test_who_says_nothing_of_the_part_keeps_it(line, alternate):
    commit(line, "SENSOR-B")
    version = commit(line, None).version

    commit(line, None, on=ASKED - timedelta(days=1))

    assert version == 2
    assert kinds(line)[-1] == ("pull_in", "SENSOR-B")


@pytest.mark.parametrize("given", ["SENSOR-C", "FRAME", "\x00", "x" * 4_000])
def test_a_part_that_is_not_approved_is_refused_by_name(line, alternate, given):
    with pytest.raises(SubstituteNotApprovedError) as refusal:
        commit(line, given)

    assert refusal.value.field == "substitute"
    assert "Approved: SENSOR-B." in str(refusal.value)
    assert kinds(line) == []


def test_an_alternate_is_approved_from_its_day_on(line, alternate):
    PartAlternate.objects.update(valid_from=ASKED)

    with pytest.raises(SubstituteNotApprovedError):
        commit(line, "SENSOR-B", on=ASKED - timedelta(days=1))
    commit(line, "SENSOR-B", on=ASKED)

    assert kinds(line) == [("commit", "SENSOR-B")]


def test_taking_a_substitute_back_restores_what_stood(line, alternate):
    a_commitment(line, now=NOW)
    kept = commit(line, "SENSOR-B")

    undone = commitments.undo(
        line_id=line.pk, expected_version=kept.version, author=BY_SYSTEM, now=NOW
    )

    assert undone.stands_in == ""


def test_the_plan_counts_the_alternate_as_the_part_it_stands_in_for(line, alternate):
    site = line.purchase_order.site
    commit(line, "SENSOR-B")
    clock = SiteClock(epoch=NOW, zone=ZoneInfo(site.zone))
    dock = Dock(clock, usable_from=0, receiving=0, week=None)

    promised = read_promised(site, {line.part_id: "SENSOR"}, dock)

    assert [(row.part, row.quantity) for row in promised.supplies] == [("SENSOR", 90)]


def test_the_page_offers_approved_alternates_alone(client, line, alternate):
    client.force_login(a_supplier_user(line.purchase_order.supplier))
    other = a_line(supplier=line.purchase_order.supplier, part=a_part("HOSE"))

    page = client.get(f"/portal/lines/{line.pk}/").content.decode()
    plain = client.get(f"/portal/lines/{other.pk}/").content.decode()

    assert 'value="SENSOR-B"' in page
    assert "Which part comes" not in plain


def test_the_form_sends_the_alternate_and_the_page_says_so(client, line, alternate):
    client.force_login(a_supplier_user(line.purchase_order.supplier))
    data = {
        "version": 1,
        "deliveries-TOTAL_FORMS": 1,
        "deliveries-INITIAL_FORMS": 0,
        "deliveries-0-on": f"{ASKED}",
        "deliveries-0-quantity": 90,
        "substitute": "SENSOR-B",
    }

    sent = client.post(f"/portal/lines/{line.pk}/promise/", data)
    page = client.get(f"/portal/lines/{line.pk}/").content.decode()
    refused = client.post(
        f"/portal/lines/{line.pk}/promise/",
        data | {"version": 2, "substitute": "SENSOR-C"},
    )

    assert sent.status_code == 302
    assert "SENSOR-B comes in place of SENSOR." in page
    assert "SENSOR-B in place of SENSOR" in page
    assert refused.status_code == 422
    assert "SENSOR-C is not approved in place of SENSOR" in refused.content.decode()
    assert CommitRevision.objects.for_staff().count() == 1
