"""Order changes: seen before they are granted, promised when they are, never lost."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from factory.errors import ChangeDecidedError, OrderChangeRefusedError
from factory.models import ChangeDecision, Order, OrderChange, Unit
from factory.order_rules import Kind, Wish
from factory.services.order_changes import Signed, refuse_change
from journal.models import Event
from scheduling import previewing
from scheduling.errors import ChangeNotPreviewedError, GrantTooEarlyError
from scheduling.models import ChangePreview, CustomerPromise
from scheduling.services import order_changes, previews
from scheduling.services.publish import publish
from tests.builders.factory import (
    NOW,
    a_customer,
    a_rack_model,
    a_step_record,
    a_stock_lot,
    an_order,
    records_until,
)
from tests.builders.reading import a_reader, links, table, words
from tests.builders.scheduling import a_promise, a_stored_plan
from tests.builders.world import World, a_small_world, a_user

pytestmark = pytest.mark.django_db

RUTH = Signed(author="Ruth Okafor", actor="user:7")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    """Return a small site with a plan in force and parts for six racks more."""
    made = a_small_world()
    for part, pieces in ((made.parts["FRAME"], 1), (made.parts["SENSOR"], 29)):
        a_stock_lot(made.site, part, pieces * 6)
    in_force(made)
    return made


def in_force(world: World) -> None:
    """Put a plan of the plain scheduler in force."""
    publish(
        plan=a_stored_plan(world.site),
        by=None,
        actor="system",
        expected_previous=None,
    )


def wished(kind: Kind, **fields) -> Wish:
    return Wish(**{"kind": kind, "reason": "Their hall is ready.", **fields})


def asked(order: Order, kind: Kind, **fields) -> OrderChange:
    return order_changes.propose(order=order, wish=wished(kind, **fields), by=RUTH)


def seen(change: OrderChange) -> ChangePreview:
    """Return the newest preview of a change as a worker has answered it."""
    newest = order_changes.newest_preview(change)
    claimed = previews.claim(newest.pk)
    previewing.execute(claimed, search_s=0.05)
    newest.refresh_from_db()
    return newest


def granted(change: OrderChange, on: date | None = None):
    return order_changes.grant(change=change, granted_date=on, by=RUTH)


def test_an_increase_is_seen_granted_and_promised(world):
    change = asked(world.order, Kind.INCREASE, quantity=5)
    before = Order.objects.get(pk=world.order.pk)

    preview = seen(change)
    done, (promise,) = granted(change, max(preview.ships_on, before.requested_date))

    assert before.quantity == 3
    assert (preview.racks, preview.unaffected_racks) == (2, 3)
    assert preview.bound_on <= preview.ships_on
    assert preview.firm["touched"] == []
    assert done.order.quantity == 5
    assert world.order.racks.filter(state=Unit.State.PLANNED).count() == 5
    assert promise.quantity == 5
    assert promise.predecessor.number == promise.number - 1
    assert promise.reason == "Increase: Their hall is ready."
    assert promise.actor == "user:7"
    assert promise.change == change
    event = Event.objects.get(kind="order.changed")
    assert event.cause == f"orderchange:{change.pk}"
    assert (event.before["quantity"], event.after["quantity"]) == (3, 5)


def test_a_look_changes_no_row(world):
    racks = list(Unit.objects.order_by("pk").values())
    for kind, fields in (
        (Kind.EMERGENCY_ADD, {"quantity": 2, "requested_date": date(2026, 12, 2)}),
        (Kind.PULL_IN, {"requested_date": date(2026, 11, 30)}),
        (Kind.PUSH_OUT, {"requested_date": date(2026, 12, 20)}),
        (Kind.DECREASE, {"quantity": 1}),
        (Kind.CUSTOMER_SWITCH, {"quantity": 2, "customer": a_customer("vantor")}),
        (Kind.PAUSE, {}),
        (Kind.CANCEL, {}),
    ):
        preview = seen(asked(world.order, kind, **fields))

        assert preview.state == ChangePreview.State.ANSWERED, preview.sentence
        assert preview.firm, (kind, preview.sentence)
        assert preview.firm["moved_racks"] == 0
    assert list(Unit.objects.order_by("pk").values()) == racks
    assert Order.objects.get().version == world.order.version


def test_nobody_grants_what_nobody_has_seen(world):
    change = asked(world.order, Kind.PAUSE)

    with pytest.raises(ChangeNotPreviewedError, match="still looked for"):
        granted(change)

    assert Order.objects.get().state == Order.State.OPEN


def test_a_look_before_another_change_is_out_of_date(world):
    late = asked(world.order, Kind.PUSH_OUT, requested_date=date(2026, 12, 20))
    seen(late)
    pause = asked(world.order, Kind.PAUSE)
    seen(pause)
    granted(pause)

    with pytest.raises(ChangeNotPreviewedError, match="the order has changed since"):
        granted(late, date(2026, 12, 20))

    order_changes.look_again(change=late, actor="user:7")
    seen(late)
    granted(late, date(2026, 12, 20))
    assert Order.objects.get().requested_date == date(2026, 12, 20)


def test_physics_bounds_what_may_be_granted(world):
    change = asked(world.order, Kind.INCREASE, quantity=4)
    bound = seen(change).bound_on

    with pytest.raises(GrantTooEarlyError, match=f"physics allows is {bound}"):
        granted(change, bound - DAY)

    assert Order.objects.get().quantity == 3


def test_a_change_is_decided_once(world):
    change = asked(world.order, Kind.PAUSE)
    seen(change)
    refuse_change(change=change, reason="They need it.", by=RUTH)

    with pytest.raises(ChangeDecidedError, match="refused already"):
        granted(OrderChange.objects.get(pk=change.pk))

    assert change.decision.reason == "They need it."
    assert Order.objects.get().state == Order.State.OPEN


def test_pause_keeps_the_date_on_hold_and_restart_promises_anew(world):
    pause = asked(world.order, Kind.PAUSE)
    seen(pause)
    _, (held,) = granted(pause)
    restart = asked(world.order, Kind.RESTART, requested_date=date(2026, 12, 30))
    seen(restart)
    _, (again,) = granted(restart, date(2026, 12, 30))

    assert held.kind == CustomerPromise.Kind.ON_HOLD
    assert held.date == held.predecessor.date
    assert again.kind == CustomerPromise.Kind.PUSH_OUT
    assert again.predecessor == held


def test_what_moves_anyhow_is_not_the_cost_of_a_change(world, time_machine):
    # Three days without a step begun: no rack can be where it was published.
    time_machine.move_to(NOW + timedelta(days=3), tick=False)

    preview = seen(asked(world.order, Kind.DECREASE, quantity=2))

    assert preview.firm["moved_racks"] == 0
    assert preview.firm["late_cents"] == preview.firm["moved_cents"] == 0


@pytest.mark.parametrize(
    ("role", "who"),
    [("planner", "Restart it"), ("quality", "Robin Ito can restart it.")],
)
def test_a_paused_orders_page_says_so_first_with_since_when_why_and_who(
    world, role, who
):
    a_user("planner", site=world.site)
    pause = asked(world.order, Kind.PAUSE, reason="The hall floods.")
    seen(pause)
    granted(pause)

    page = a_reader(world.site, role).get(reverse("order", args=[world.order.number]))

    said = words(page)
    first = said.index("Paused since Mon 08:00 . The hall floods.")
    assert first < said.index(f"3 × {world.model.code}, in the plan in force for")
    assert "Its promise is on hold." in said
    assert "Asked for by Ruth Okafor." in said
    assert who in said
    restart = reverse("changes", args=[world.order.number]) + "?kind=restart"
    assert (restart in links(page)) is (role == "planner")


def test_a_cancelled_orders_page_says_so_first_and_calls_nothing_kept(world):
    cancel = asked(world.order, Kind.CANCEL, reason="The hall burnt.")
    seen(cancel)
    granted(cancel)

    said = words(a_reader(world.site).get(reverse("order", args=[world.order.number])))

    assert "Cancelled since Mon 08:00 . The hall burnt." in said
    assert "Its promise is withdrawn." in said
    assert "Kept" not in said


def test_a_change_of_service_class_says_which_and_promises_nothing(world):
    change = asked(world.order, Kind.SERVICE_CHANGE)
    seen(change)
    planner = a_reader(world.site)
    of_change = [world.order.number, change.pk]
    address = reverse("order_change", args=of_change)
    grant = reverse("order_change_grant", args=of_change)

    page = words(planner.get(address))
    done = words(planner.post(grant, follow=True))

    assert "service class change to flexible" in page
    assert "Grant it" in page
    assert "Grant and promise" not in page
    assert "promise is written down" not in done


def test_an_open_orders_page_says_nothing_of_a_pause_that_is_over(world):
    for kind in (Kind.PAUSE, Kind.RESTART):
        change = asked(Order.objects.get(pk=world.order.pk), kind)
        preview = seen(change)
        granted(change, preview.ships_on if kind is Kind.RESTART else None)

    page = a_reader(world.site).get(reverse("order", args=[world.order.number]))

    assert "Paused" not in words(page)


def test_a_restart_is_chosen_where_the_address_says_so(world):
    pause = asked(world.order, Kind.PAUSE)
    seen(pause)
    granted(pause)
    address = reverse("changes", args=[world.order.number])

    page = a_reader(world.site).get(address, {"kind": "restart"})

    assert '<option value="restart" selected>' in page.content.decode()


def test_a_paused_order_is_not_paused_again(world):
    pause = asked(world.order, Kind.PAUSE)
    seen(pause)
    granted(pause)

    with pytest.raises(OrderChangeRefusedError, match="is paused; pause is for"):
        asked(Order.objects.get(pk=world.order.pk), Kind.PAUSE)

    assert OrderChange.objects.count() == 1


def test_fifty_emergencies_in_a_minute_are_all_kept_and_each_is_looked_at(world):
    asked_for = [
        asked(
            world.order,
            Kind.EMERGENCY_ADD,
            quantity=1,
            requested_date=date(2026, 12, 9),
        )
        for _ in range(50)
    ]

    looks = ChangePreview.objects.filter(state=ChangePreview.State.REQUESTED)
    assert set(looks.values_list("change", flat=True)) == {one.pk for one in asked_for}
    assert Event.objects.filter(kind="order.change_proposed").count() == 50
    # Each is granted on a look of its own.
    for change in asked_for[:2]:
        order_changes.look_again(change=change, actor="user:7")
        preview = seen(change)
        granted(change, max(preview.ships_on, date(2026, 12, 30)))
    beside = Order.objects.exclude(pk=world.order.pk).order_by("number")
    assert [one.number for one in beside] == [
        f"{world.order.number}-E1",
        f"{world.order.number}-E2",
    ]


def test_an_emergency_is_an_order_of_its_own_beside(world):
    change = asked(
        world.order, Kind.EMERGENCY_ADD, quantity=2, requested_date=date(2026, 12, 9)
    )
    seen(change)

    done, promises = granted(change, date(2026, 12, 11))

    assert done.other.number == f"{world.order.number}-E1"
    assert done.other.customer == world.order.customer
    assert done.other.racks.count() == 2
    assert [(one.order_id, one.date) for one in promises] == [
        (done.other.pk, date(2026, 12, 11))
    ]


def test_a_switch_takes_the_racks_furthest_along_and_they_keep_their_state(world):
    first, second, third = world.racks
    for rack in (second, third):
        Unit.objects.filter(pk=rack.pk).update(state=Unit.State.IN_WORK)
    records_until(third, "PREP")
    a_step_record(second)
    change = asked(
        world.order, Kind.CUSTOMER_SWITCH, quantity=1, customer=a_customer("vantor")
    )
    seen(change)

    done, promises = granted(change, date(2026, 12, 11))

    third.refresh_from_db()
    assert third.order == done.other
    assert third.state == Unit.State.IN_WORK
    assert third.step_records.exists()
    assert done.other.customer.code == "vantor"
    assert (done.order.quantity, done.other.quantity) == (2, 1)
    assert {one.order_id: one.quantity for one in promises} == {
        done.order.pk: 2,
        done.other.pk: 1,
    }
    assert first.order_id == world.order.pk


def test_a_cancellation_withdraws_the_promise(world):
    change = asked(world.order, Kind.CANCEL)
    seen(change)

    done, (promise,) = granted(change)

    assert done.order.state == Order.State.CANCELLED
    assert promise.kind == CustomerPromise.Kind.WITHDRAWN
    assert promise.quantity == 0
    assert set(world.order.racks.values_list("state", flat=True)) == {"cancelled"}


def test_another_model_is_planned_by_its_own_routing(world):
    other = a_rack_model()
    for bay in world.bays:
        bay.supported_models.add(other)
    change = asked(world.order, Kind.MODEL_CHANGE, rack_model=other)
    preview = seen(change)
    assert preview.ships_on, preview.sentence

    granted(change, max(preview.ships_on, world.order.requested_date))

    assert set(world.order.racks.values_list("rack_model", flat=True)) == {other.pk}


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        (Kind.DECREASE, {"quantity": 1}, "2 racks are begun, 1 of them shipped"),
        (Kind.INCREASE, {"quantity": 3}, "an increase asks for more"),
        (Kind.CANCEL, {}, "2 racks are begun"),
        (Kind.RESTART, {}, "is open; restart is for an order that is"),
        (Kind.PULL_IN, {"requested_date": date(2026, 12, 5)}, "a pull-in is earlier"),
        (Kind.PULL_IN, {"requested_date": date(2026, 11, 1)}, "has passed"),
        (
            Kind.PUSH_OUT,
            {"requested_date": date(9999, 12, 31)},
            "within three years of today",
        ),
        (Kind.PUSH_OUT, {}, "say which date"),
        (Kind.CUSTOMER_SWITCH, {"quantity": 2}, "say which customer"),
        (Kind.PAUSE, {"reason": " "}, "Say why"),
        (Kind.INCREASE, {"quantity": 501}, "1 to 500"),
    ],
)
def test_what_the_state_table_refuses_is_named_and_nothing_is_kept(
    kind, fields, sentence
):
    world = a_small_world()
    shipped, begun, _ = world.racks
    Unit.objects.filter(pk=shipped.pk).update(state=Unit.State.SHIPPED)
    Unit.objects.filter(pk=begun.pk).update(state=Unit.State.IN_WORK)

    with pytest.raises(OrderChangeRefusedError, match=sentence):
        asked(world.order, kind, **fields)

    assert not OrderChange.objects.exists()
    assert not Event.objects.filter(kind="order.change_proposed").exists()


def test_switch_after_test_is_refused_by_rule_and_by_the_database():
    world = a_small_world(racks=1)
    (rack,) = world.racks
    records_until(rack, "PACK")
    other = a_customer("vantor")

    with pytest.raises(OrderChangeRefusedError, match="0 can be handed over"):
        asked(world.order, Kind.CUSTOMER_SWITCH, quantity=1, customer=other)
    with pytest.raises(IntegrityError, match="order_switch"), transaction.atomic():
        Order.objects.update(customer=other)
    beside = an_order(world.site, world.model, racks=0)
    with pytest.raises(IntegrityError, match="rack_switch"), transaction.atomic():
        Unit.objects.filter(pk=rack.pk).update(order=beside)


@pytest.mark.parametrize(
    ("before", "after"),
    [("cancelled", "paused"), ("shipped", "paused"), ("paused", "shipped")],
)
def test_the_database_refuses_a_state_that_cannot_follow(before, after):
    world = a_small_world(racks=0)
    if before != "open":
        Order.objects.update(state=before)

    with pytest.raises(IntegrityError, match="order_state_moves"), transaction.atomic():
        Order.objects.update(state=after)

    assert Order.objects.get(pk=world.order.pk).state == before


def test_the_database_keeps_what_is_shipped_and_begun():
    world = a_small_world()
    Unit.objects.filter(pk=world.racks[0].pk).update(state="shipped")
    Unit.objects.filter(pk=world.racks[1].pk).update(state="in_work")

    for change, name in (
        (lambda: Order.objects.update(quantity=0), "order_quantity"),
        (lambda: Unit.objects.update(state="cancelled"), "rack_state_moves"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            change()


def test_the_whole_way_on_the_pages(world):
    planner = a_reader(world.site)
    url = reverse("changes", args=[world.order.number])
    sent = {"kind": "increase", "quantity": 4, "reason": "A bigger hall."}

    refused = planner.post(url, sent | {"quantity": 2})
    answer = planner.post(url, sent)
    change = OrderChange.objects.get()
    waiting = planner.get(answer.url)
    preview = seen(change)
    ready = planner.get(answer.url)
    on = max(preview.ships_on, world.order.requested_date)
    planner.post(answer.url + "grant/", {"granted_date": on.isoformat()})

    assert "an increase asks for more" in words(refused)
    assert "Looking at what it does: increase to 4 racks." in words(waiting)
    ((way, *_),) = table(ready, "Ways of taking the change")
    assert way == "Every promise kept"
    assert f'value="{on.isoformat()}"' in ready.content.decode()
    done = planner.get(answer.url)
    assert "Granted for" in words(done)
    assert table(done, "Promised by this change")[0][1].startswith("2 ·")
    assert ChangeDecision.objects.get().author == "Robin Ito"
    assert table(planner.get(url), "Changes of this order")[0][3] == "A bigger hall."


def test_a_buyer_asks_and_a_planner_decides(world):
    buyer = a_reader(world.site, "buyer")
    url = reverse("changes", args=[world.order.number])

    answer = buyer.post(url, {"kind": "pause", "reason": "Not yet."})
    seen(OrderChange.objects.get())

    assert "A planner grants or refuses." in words(buyer.get(answer.url))
    assert buyer.post(answer.url + "grant/").status_code == 403
    assert Order.objects.get().state == Order.State.OPEN


def test_a_withdrawn_promise_is_no_promise_to_the_next_plan():
    world = a_small_world(racks=1)
    a_promise(world.order, date(2026, 12, 4))
    a_promise(world.order, date(2026, 12, 4), kind="withdrawn", quantity=0)

    snapshot = previewing.take(previewing.base_scenario(world.site), as_of=NOW)

    assert snapshot.problem.racks[0].promise is None
