"""The risk register keeps itself: opened, kept up and closed by publications."""

from datetime import timedelta

import pytest

from factory.models import Order, Outage, PowerBay
from journal.models import Event
from scheduling.errors import RiskClosedError
from scheduling.models import Plan, Publication, Risk
from scheduling.queries.risks import closed_risks, open_risks
from scheduling.services.publish import publish
from scheduling.services.risks import edit_risk
from tests.builders.factory import NOW, a_bay
from tests.builders.scheduling import a_stored_plan
from tests.builders.world import World, a_small_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site whose racks wait for its one bay."""
    made = a_small_world(racks=4)
    Order.objects.update(requested_date=(NOW + timedelta(days=5)).date())
    broken(made.bays[1])
    return made


def broken(bay: PowerBay) -> None:
    Outage.objects.create(
        site=bay.site,
        bay=bay,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=300),
        remaining=0,
        reason="Broken",
    )


def published(world: World) -> Publication:
    plan: Plan = a_stored_plan(world.site)
    previous = Publication.objects.order_by("-number").first()
    orders = {order.number: "The bay is broken." for order in Order.objects.all()}
    return publish(
        plan=plan,
        by=None,
        actor="system",
        acknowledged=orders,
        expected_previous=previous.number if previous else None,
    )


def bays_widened(world: World) -> None:
    Outage.objects.all().delete()
    for _ in range(4):
        a_bay(world.site, models=[world.model])
    assert PowerBay.objects.filter(site=world.site).count() > 4


def test_a_publication_opens_a_risk_for_each_limit_that_decides(world):
    publication = published(world)

    risks = open_risks(world.site)

    bays = next(risk for risk in risks if risk.limit == "bay")
    assert bays.resource == "bays"
    assert bays.owner
    assert bays.next_step == "Free or add a bay: Power bays are full."
    assert bays.racks >= bays.late_racks > 0
    assert bays.due == (NOW + timedelta(days=4)).date()
    assert (bays.opened_by, bays.seen_by) == (publication, publication)
    told = Event.objects.filter(kind="risk.opened")
    assert told.count() == len(risks)
    assert all(event.cause == f"publication:{publication.pk}" for event in told)


def test_a_limit_that_still_binds_keeps_its_risk_and_what_a_person_wrote(world):
    published(world)
    bays = next(risk for risk in open_risks(world.site) if risk.limit == "bay")
    due = (NOW + timedelta(days=9)).date()
    edit_risk(risk=bays, owner="Robin", next_step="Rent two.", due=due, actor="user:1")

    second = published(world)

    bays.refresh_from_db()
    assert (bays.owner, bays.next_step, bays.due) == ("Robin", "Rent two.", due)
    assert bays.seen_by == second
    assert Risk.objects.filter(limit="bay").count() == 1


def test_a_limit_that_no_longer_binds_closes_its_risk(world):
    published(world)
    bays_widened(world)

    second = published(world)

    assert "bay" not in {risk.limit for risk in open_risks(world.site)}
    closed = next(risk for risk in closed_risks(world.site) if risk.limit == "bay")
    assert closed.closed_by == second
    assert Event.objects.filter(kind="risk.closed", object_id=str(closed.pk)).exists()
    with pytest.raises(RiskClosedError):
        edit_risk(risk=closed, owner="R", next_step="S", due=NOW.date(), actor="user:1")


def test_a_limit_that_binds_again_opens_a_new_risk(world):
    published(world)
    bays_widened(world)
    published(world)
    for bay in PowerBay.objects.exclude(pk=world.bays[0].pk):
        broken(bay)

    published(world)

    states = Risk.objects.filter(limit="bay").order_by("pk")
    assert [risk.state for risk in states] == ["closed", "open"]
