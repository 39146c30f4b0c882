"""The technician's pages: what they show, whom they serve, what a tap records."""

import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from factory.models import Place, StaffProfile, StepRecord, Unit
from factory.queries import WAITING_SHOWN, standing_of
from factory.services.floor import Hand, fail_step, pass_step, start_step
from tests.builders.factory import a_bay, an_order, records_until
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

Role = StaffProfile.Role


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def technician(client, world):
    user = a_user("technician", site=world.site)
    client.force_login(user)
    return user


def hand():
    return Hand(now=timezone.now())


def page_of(client, url="/floor/"):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


def tell(client, rack, verb, **fields):
    """Send what happened, having seen the rack as it is, and follow to the page."""
    fields.setdefault("seen", standing_of(rack).version)
    response = client.post(
        reverse("floor_rack", args=[rack.serial]), {"verb": verb, **fields}
    )
    assert response.status_code == 302
    assert response["Location"] == reverse("floor_rack", args=[rack.serial])
    return page_of(client, response["Location"])


# Who


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.TECHNICIAN, 200),
        (Role.PLANNER, 200),
        (Role.QUALITY, 200),
        (Role.ADMINISTRATOR, 200),
        (Role.BUYER, 403),
        (Role.ENERGY_DESK, 403),
    ],
)
def test_the_floor_is_for_those_who_work_or_plan_there(client, world, role, status):
    client.force_login(a_user(role, site=world.site))

    assert client.get("/floor/").status_code == status


@pytest.mark.parametrize("role", [Role.PLANNER, Role.QUALITY, Role.BUYER])
def test_only_technicians_record_what_happened(client, world, role):
    client.force_login(a_user(role, site=world.site))
    rack = world.racks[0]

    response = client.post(
        f"/floor/{rack.serial}/", {"verb": "start", "step": "KIT", "seen": 0}
    )

    assert response.status_code == 403
    assert not StepRecord.objects.exists()


def test_who_only_reads_sees_no_buttons(client, world):
    client.force_login(a_user("planner", site=world.site))

    assert "Start Kit" not in page_of(client)
    assert "Start Kit" not in page_of(client, f"/floor/{world.racks[0].serial}/")


def test_a_rack_of_another_site_does_not_exist_here(client, world, technician):
    other = a_small_world()

    assert other.racks[0].serial not in page_of(client)
    assert client.get(f"/floor/{other.racks[0].serial}/").status_code == 404
    answer = client.post(
        f"/floor/{other.racks[0].serial}/", {"verb": "start", "step": "KIT", "seen": 0}
    )
    assert answer.status_code == 404
    assert not StepRecord.objects.exists()


@pytest.mark.parametrize("serial", ["R-none", "%00", "a%0Ab", "%F0%9F%92%A9"])
def test_a_serial_that_is_none_is_not_found(client, technician, serial):
    assert client.get(f"/floor/{serial}/").status_code == 404


# What is shown


def test_my_own_place_comes_first(client, world):
    client.force_login(a_user("technician", site=world.site, place=Place.BAY))
    records_until(world.racks[0], "SOAK", bay=world.bays[0])

    shown = page_of(client)

    assert world.racks[0].serial in shown
    assert world.racks[1].serial not in shown
    assert "1 rack waiting for the next step, 0 steps under way." in shown


def test_any_place_can_be_asked_for(client, world, technician):
    records_until(world.racks[0], "SOAK", bay=world.bays[0])

    assert world.racks[0].serial not in page_of(client, "/floor/?place=kitting")
    assert world.racks[0].serial in page_of(client, "/floor/?place=bay")
    assert world.racks[0].serial in page_of(client, "/floor/?place=all")
    assert world.racks[0].serial in page_of(client, "/floor/?place=nowhere")


def test_a_place_without_racks_says_so_and_offers_the_rest(client, world, technician):
    shown = page_of(client, "/floor/?place=qa")

    assert "No rack is here" in shown
    assert "?place=all" in shown


def test_racks_are_sorted_by_due_date(client, world, technician):
    sooner = an_order(
        world.site, world.model, requested=world.order.requested_date.replace(day=1)
    )

    shown = page_of(client)

    assert shown.index(sooner.racks.get().serial) < shown.index(world.racks[0].serial)


def test_a_long_queue_is_cut_and_counted(client, world, technician):
    an_order(world.site, world.model, racks=WAITING_SHOWN)

    shown = page_of(client)

    assert shown.count("<article") == WAITING_SHOWN
    assert "3 more racks not begun" in shown


def test_a_failed_rack_says_why_and_offers_the_way_on(client, world, technician):
    rack = world.racks[0]
    start_step(rack_id=rack.pk, step_code="KIT", hand=hand())
    fail_step(rack_id=rack.pk, reason_code="damaged", note="Bent rail.", hand=hand())

    shown = page_of(client)

    assert "damaged or missing part. Bent rail." in shown
    assert "Try again or send back" in shown


def test_what_a_technician_wrote_is_text_and_never_markup(client, world, technician):
    rack = world.racks[0]
    start_step(rack_id=rack.pk, step_code="KIT", hand=hand())
    fail_step(
        rack_id=rack.pk, reason_code="other", note="<script>x</script>", hand=hand()
    )

    assert "<script>x" not in page_of(client)
    assert "<script>x" not in page_of(client, f"/floor/{rack.serial}/")


def test_a_rack_on_hold_is_shown_and_offers_nothing(client, world, technician):
    rack = world.racks[0]
    Unit.objects.filter(pk=rack.pk).update(state="on_hold")

    shown = page_of(client, f"/floor/{rack.serial}/")

    assert "On hold" in shown
    assert 'value="start"' not in shown


def test_reading_changes_nothing(client, world, technician):
    records_until(world.racks[0], "SOAK", bay=world.bays[0])
    rows = (
        StepRecord.objects.order_by("pk").values(),
        Unit.objects.order_by("pk").values(),
    )
    before = [list(some) for some in rows]

    for url in ("/floor/", f"/floor/{world.racks[0].serial}/"):
        client.get(url)
        client.head(url)

    assert [list(some.all()) for some in rows] == before


# What a tap records


def test_start_and_finish(client, world, technician):
    rack = world.racks[0]

    assert "Kit has begun." in tell(client, rack, "start", step="KIT")
    assert "Kit is finished." in tell(client, rack, "pass")

    row = StepRecord.objects.get()
    assert (row.outcome, row.by) == ("passed", technician)


def test_a_rack_is_docked_at_the_bay_that_was_chosen(client, world, technician):
    rack = world.racks[0]
    records_until(rack, "FILL")
    held = world.racks[1]
    records_until(held, "SOAK", bay=world.bays[0])

    shown = page_of(client, f"/floor/{rack.serial}/")
    assert f'value="{world.bays[1].code}"' in shown
    assert f'value="{world.bays[0].code}"' not in shown

    said = tell(client, rack, "start", step="FILL", bay=world.bays[1].code)
    assert f"Fill has begun at bay {world.bays[1].code}." in said


def test_without_a_free_bay_the_page_says_so(client, world, technician):
    records_until(world.racks[0], "FILL")
    for place, bay in enumerate(world.bays, start=1):
        records_until(world.racks[place], "SOAK", bay=bay)

    shown = page_of(client, f"/floor/{world.racks[0].serial}/")

    assert "No bay is free." in shown
    assert 'value="start"' not in shown


def test_a_refusal_is_shown_in_its_own_words(client, world, technician):
    rack = world.racks[0]
    records_until(rack, "FILL")
    records_until(world.racks[1], "SOAK", bay=world.bays[0])

    said = tell(client, rack, "start", step="FILL", bay=world.bays[0].code)

    assert f"is held by {world.racks[1].serial} until it is drained" in said
    assert not StepRecord.objects.filter(rack=rack, outcome="running").exists()


def test_a_failure_needs_a_reason(client, world, technician):
    rack = world.racks[0]
    tell(client, rack, "start", step="KIT")

    assert "Say why Kit failed" in tell(client, rack, "fail")
    said = tell(client, rack, "fail", reason="leak", note="At the left hose.")

    assert "Kit has failed." in said
    row = StepRecord.objects.get()
    assert (row.outcome, row.reason_code, row.note) == (
        "failed",
        "leak",
        "At the left hose.",
    )


def test_after_a_failure_the_next_attempt_or_an_earlier_step_begins(
    client, world, technician
):
    rack = world.racks[0]
    records_until(rack, "SOAK", bay=world.bays[0])
    tell(client, rack, "start", step="SOAK")
    failed = tell(client, rack, "fail", reason="leak")
    assert "Start the next attempt" in failed
    assert 'value="LEAK"' in failed

    tell(client, rack, "start", step="LEAK")

    assert standing_of(rack).running.step.code == "LEAK"


def test_a_second_tap_on_the_same_button_records_nothing(client, world, technician):
    rack = world.racks[0]
    tell(client, rack, "start", step="KIT", seen=0)

    said = tell(client, rack, "start", step="KIT", seen=0)

    assert "has moved on since you looked at it" in said
    assert StepRecord.objects.count() == 1


def test_a_tap_is_taken_back(client, world, technician):
    rack = world.racks[0]
    tell(client, rack, "start", step="KIT")
    shown = tell(client, rack, "pass")
    assert "Take back: Kit passed" in shown

    said = tell(client, rack, "undo", record=StepRecord.objects.get().pk)

    assert "Taken back: Kit is under way." in said
    assert standing_of(rack).running.step.code == "KIT"


def test_what_is_older_than_the_window_is_not_offered_back(
    client, world, technician, settings
):
    settings.FLOOR_UNDO_WINDOW_S = 0
    rack = world.racks[0]
    start_step(rack_id=rack.pk, step_code="KIT", hand=hand())

    assert "Take back" not in page_of(client, f"/floor/{rack.serial}/")


def test_another_rack_s_record_is_not_taken_back(client, world, technician):
    first, second = world.racks[:2]
    row = start_step(rack_id=second.pk, step_code="KIT", hand=hand())

    answer = client.post(
        f"/floor/{first.serial}/", {"verb": "undo", "record": row.pk, "seen": 0}
    )

    assert answer.status_code == 404
    row.refresh_from_db()
    assert row.outcome == "running"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"verb": "start"},
        {"verb": "explode", "seen": 0},
        {"verb": "start", "seen": "-1"},
        {"verb": "start", "seen": "9" * 40},
        {"verb": "start", "seen": 0, "step": "K" * 99},
        {"verb": "fail", "seen": 0, "note": "n" * 301},
        {"verb": "undo", "seen": 0, "record": "1e9"},
        {"verb": "start", "seen": 0, "step": "\0"},
    ],
)
def test_nonsense_is_refused_and_nothing_is_recorded(client, world, technician, fields):
    rack = world.racks[0]

    answer = client.post(f"/floor/{rack.serial}/", fields)

    assert answer.status_code == 302
    assert not StepRecord.objects.exists()


def test_the_whole_floor_page_asks_the_same_number_of_queries_for_any_racks(
    client, world, technician, connection_queries
):
    client.get("/floor/?place=all")
    few = connection_queries(lambda: client.get("/floor/?place=all"))
    for _ in range(3):
        more = an_order(world.site, world.model, racks=5)
        for rack in more.racks.all()[:3]:
            records_until(rack, "SOAK", bay=a_bay(world.site, models=[world.model]))

    many = connection_queries(lambda: client.get("/floor/?place=all"))

    assert many <= few + 2
    assert many <= 24


@pytest.fixture
def connection_queries():
    from django.db import connection

    def count(call):
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    return count


def test_a_finished_rack_says_so(client, world, technician):
    rack = world.racks[0]
    records_until(rack, "PACK", bay=world.bays[0])
    start_step(rack_id=rack.pk, step_code="PACK", hand=hand())
    pass_step(rack_id=rack.pk, hand=hand())

    shown = page_of(client, f"/floor/{rack.serial}/")

    assert "Every step is finished." in shown
    assert "Shipped" in shown
