"""The grid pages: what is asked, what it would shed, and when the grid has room."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from scheduling.blobs import load_problem, load_schedule
from scheduling.engine.ramp import ramp
from scheduling.models import (
    FlexibleCurve,
    GridContract,
    GridEvent,
    GridLink,
    GridSeries,
    MeteredPeak,
    Plan,
)
from scheduling.services.publish import publish
from tests.builders.factory import NOW, a_step_record, records_until
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_base_scenario, a_grid_event, a_stored_plan
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    """Return a site with two racks in soak since an hour, and a plan in force."""
    world = a_small_world(racks=2)
    a_base_scenario(world.site)
    codes = world.model.steps.values_list("code", flat=True)
    for bay, one in zip(world.bays, world.racks, strict=True):
        records_until(one, "SOAK", bay=bay, times=dict.fromkeys(codes, NOW - 2 * HOUR))
        a_step_record(one, "SOAK", bay=bay, started_at=NOW - HOUR, outcome="running")
    plan = a_stored_plan(world.site)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    return world


def a_cap(**changes):
    # 08:00 at the site is the builders' present.
    return {
        "name": "Evening peak",
        "starts_at": "2026-11-23T10:00",
        "ends_at": "2026-11-23T12:00",
        "cap_percent": "26",
    } | changes


def test_a_site_that_is_asked_nothing_says_so(world):
    page = words(a_reader(world.site).get(reverse("grid")))

    assert "The grid asks for nothing." in page
    assert "Nothing was shed" in page


def test_a_preview_names_racks_customers_and_what_they_give_up_and_stores_nothing(
    world,
):
    desk = a_reader(world.site, "energy_desk")

    answer = desk.post(reverse("grid"), a_cap(preview="1"))

    page = words(answer)
    rows = table(answer, "What the cap would shed")
    # 1,170 kW leave 170 for two soaks of 137 at the bay, cooling on top.
    assert answer.status_code == 200
    assert "2 racks give way" in page
    assert {row[0].split()[0] for row in rows} == {one.serial for one in world.racks}
    assert world.order.customer.name in rows[0][0]
    assert not GridEvent.objects.exists()


def test_under_a_cap_below_the_base_load_the_page_says_what_goes_on(world):
    desk = a_reader(world.site, "energy_desk")
    nothing = a_cap(cap_percent="0", ends_at="2026-11-30T10:00")

    before = words(desk.post(reverse("grid"), nothing | {"preview": "1"}))
    desk.post(reverse("grid"), nothing | {"announce": "1"})
    rows = table(desk.get(reverse("grid")), "What the grid asks")

    assert "The base load alone, 1,000 kW, is more than the cap." in before
    assert rows[0][2] == "0 kW base load, 1,000 kW, goes on"


def test_the_energy_desk_announces_a_cap_and_calls_it_off_again(world):
    desk = a_reader(world.site, "energy_desk")

    desk.post(reverse("grid"), a_cap(announce="1"))

    event = GridEvent.objects.get()
    assert (event.cap_w, event.source, event.state) == (1_170_000, "page", "announced")
    assert event.starts_at == NOW + 2 * HOUR
    assert "Evening peak: 1,170" in words(desk.get(reverse("grid")))
    again = [
        desk.post(reverse("grid_call_off", args=[event.pk]), follow=True)
        for _ in range(2)
    ]
    event.refresh_from_db()
    assert event.state == "cancelled"
    assert "is called off already" in words(again[1])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ends_at": "2026-11-23T09:00"}, "ends after it starts"),
        ({"starts_at": "2026-11-20T10:00", "ends_at": "2026-11-20T12:00"}, "is over"),
        ({"ends_at": "2028-01-01T00:00"}, "more than a year"),
        (
            {"starts_at": "2030-01-01T10:00", "ends_at": "2030-01-01T12:00"},
            "A grid event lies within three years of today.",
        ),
        ({"cap_percent": "-5"}, "greater than or equal to 0"),
        ({"cap_percent": ""}, "one of the two"),
        ({"cap_kw": "3600"}, "one of the two"),
        ({"cap_percent": "", "cap_kw": "4501"}, "more than the contracted import"),
        ({"starts_at": "tomorrow"}, "valid date"),
        ({"name": "a\0b"}, "control characters"),
    ],
)
@pytest.mark.parametrize("verb", ["announce", "preview"])
def test_a_cap_that_makes_no_sense_is_refused_beside_its_field(
    world, changes, said, verb
):
    desk = a_reader(world.site, "energy_desk")

    answer = desk.post(reverse("grid"), a_cap(**changes) | {verb: "1"})

    assert answer.status_code == 422
    assert said in words(answer)
    assert not GridEvent.objects.exists()


def test_a_cap_the_plan_does_not_know_yet_is_drawn_over_its_load(world):
    a_grid_event(world.site)

    days = table(a_reader(world.site).get(reverse("grid")), "Site power by day")

    # Tomorrow, 08:00 to 12:00 at the site.
    assert [row[2] for row in days[:3]] == ["4,500 kW", "3,600 kW", "4,500 kW"]


def test_however_much_is_asked_the_next_event_stands_first_and_all_to_come_stand(world):
    for hours in range(1, 46):
        starts_at = NOW + hours * HOUR
        a_grid_event(world.site, starts_at=starts_at, ends_at=starts_at + HOUR)
    over = NOW - 9 * HOUR
    a_grid_event(world.site, starts_at=over, ends_at=over + HOUR)

    page = a_reader(world.site).get(reverse("grid"))

    rows = table(page, "What the grid asks")
    assert len(rows) == 45
    assert "Mon 09:00" in rows[0][1]
    assert "and 44 more." in words(page)


def test_what_holds_while_contact_is_lost_is_told_only_then(world):
    a_grid_event(world.site, name="Subscribed", kind=GridEvent.Kind.SUBSCRIPTION)
    link = GridLink.objects.create(
        site=world.site, vtn_url="https://vtn.example", client_id="ven"
    )
    reader = a_reader(world.site)
    before = words(reader.get(reverse("grid")))
    link.is_lost = True
    link.save()
    after = words(reader.get(reverse("grid")))

    assert "The grid asks for nothing." in before
    assert "only while contact is lost" in before
    assert "Subscribed: 3,600 kW" in after
    assert "holds: contact is lost" in after


def test_a_buyer_reads_the_page_and_finds_no_form(world):
    a_grid_event(world.site, name="Morning")

    page = words(a_reader(world.site, "buyer").get(reverse("grid")))

    assert "Morning" in page
    assert "Announce a cap" not in page


def test_tiers_say_what_a_flexible_contract_saves_and_costs(world):
    GridContract.objects.create(site=world.site, interruptible_w=3_300_000)

    page = words(a_reader(world.site).get(reverse("grid")))

    # 3,300 kW × ($15 - $9) × 12 months.
    assert "$237,600 a year" in page
    assert "1,200 kW at $15 a kW and month" in page.replace("\u00a0", " ")
    assert "2 racks" in page.replace("\u00a0", " ")


# ---- room


def a_series(tmp_path, lines, name="load.csv"):
    path = tmp_path / name
    path.write_text("\n".join(["local_hour,mw", *lines, ""]))
    return path


def a_week(value):
    """Return a week of hours, Monday first, of what a function gives each."""
    return [
        f"2026-11-{23 + hour // 24:02}T{hour % 24:02}:00,{value(hour % 24)}"
        for hour in range(168)
    ]


def test_room_is_read_off_the_load_series_and_shown_with_its_table(world, tmp_path):
    path = a_series(tmp_path, a_week(lambda hour: 100 if hour == 18 else 50))
    call_command("import_grid_series", str(path), site=world.site.code, verbosity=0)

    answer = a_reader(world.site).get(reverse("grid_room"))

    page = words(answer).replace("\u00a0", " ")
    rows = table(answer, "Room on the grid")
    assert "52 % of its peak on average, and above 80 % in 4.2 % of hours" in page
    assert rows[18][:2] == ["18:00", "0 %"]
    assert rows[3][:2] == ["03:00", "50 %"]


def test_without_a_series_the_page_says_how_to_read_one(world):
    page = words(a_reader(world.site).get(reverse("grid_room")))

    assert "the form on this page takes it" in page


def test_a_kept_curve_is_drawn_and_put_into_words(world, tmp_path):
    path = a_series(tmp_path, a_week(lambda _: 50))
    call_command("import_grid_series", str(path), site=world.site.code, verbosity=0)
    FlexibleCurve.objects.create(
        site=world.site,
        series=GridSeries.objects.get(),
        seconds=1.0,
        points=[
            {"firm_w": w, "import_w": w, "hours": 0, "racks_per_week": r}
            for w, r in ((3_600_000, 70.0), (4_500_000, 97.0))
        ]
        + [
            {
                "firm_w": 3_600_000,
                "import_w": 5_400_000,
                "hours": 40,
                "racks_per_week": 113.5,
            }
        ],
    )

    page = words(a_reader(world.site).get(reverse("grid_room"))).replace("\u00a0", " ")

    assert (
        "At most 40 hours a year at 3,600 kW buy 900 kW now: 97.0 racks a week become "
        "113.5." in page
    )


def test_a_soak_yet_to_begin_is_shifted_out_of_dear_hours(tmp_path):
    world = a_small_world(racks=1)
    a_base_scenario(world.site)
    publish(
        plan=a_stored_plan(world.site), by=None, actor="system", expected_previous=None
    )
    for kind, dear in (("price", 90_000), ("carbon", 900)):
        path = a_series(tmp_path, a_week(lambda hour, d=dear: d if hour > 13 else 10))
        call_command(
            "import_grid_series",
            str(path),
            site=world.site.code,
            kind=kind,
            verbosity=0,
        )

    answer = a_reader(world.site).get(reverse("grid_room"))

    one, total = table(answer, "Soaks worth shifting")
    assert one[0] == world.racks[0].serial
    assert one[3].startswith("$")
    assert one[4].endswith("kg")
    assert total[1:3] == one[3:5]


@pytest.mark.parametrize("saves", ["money", "carbon", "sense"])
def test_a_shift_saves_first_what_the_reader_asks_for(tmp_path, saves):
    world = a_small_world(racks=1)
    a_base_scenario(world.site)
    publish(
        plan=a_stored_plan(world.site), by=None, actor="system", expected_previous=None
    )
    # What is cheap is dirty: each saving costs the other. Only an earlier hour is free.
    dear_late = "carbon" if saves == "carbon" else "price"
    for kind in ("price", "carbon"):
        late, early = (900, 10) if kind == dear_late else (10, 900)
        path = a_series(
            tmp_path,
            a_week(lambda hour, a=late, b=early: a if hour > 13 else b),
        )
        keep(world.site, path, kind)

    answer = a_reader(world.site).get(reverse("grid_room"), {"saves": saves})

    money, carbon = table(answer, "Soaks worth shifting")[0][3:5]
    assert money.startswith("−") == (saves == "carbon")
    assert carbon.startswith(("−", "-")) == (saves != "carbon")


def keep(site, path, kind):
    call_command(
        "import_grid_series", str(path), site=site.code, kind=kind, verbosity=0
    )


def test_the_desk_reads_a_series_on_the_page_and_a_bad_line_is_named(world):
    desk = a_reader(world.site, "energy_desk")
    good, bad = (
        SimpleUploadedFile("grid.csv", f"hour,mw\n{hour},30\n".encode())
        for hour in ("2026-01-01T00:00", "yesterday")
    )
    text = SimpleUploadedFile("grid.csv", b"\xff\xfe\x00")

    taken = desk.post(reverse("grid_room"), {"kind": "load", "file": good})
    refused = [
        desk.post(reverse("grid_room"), {"kind": "load", "file": one})
        for one in (bad, text)
    ]

    assert taken.status_code == 302
    (series,) = GridSeries.objects.all()
    assert (series.name, series.values) == ("grid", [30])
    assert [one.status_code for one in refused] == [422, 422]
    assert "Line 2: 'yesterday' is no hour" in words(refused[0])
    assert "no text in UTF-8" in words(refused[1])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "no hour below its heading"),
        (["yesterday,5"], "Line 2: 'yesterday' is no hour"),
        (["2026-01-01T00:00,many"], "Line 2: 'many' is no number"),
        (["2026-01-01T00:00,-1"], "Line 2: '-1' is no number"),
        (["2026-01-01T00:00,nan"], "Line 2: 'nan' is no number"),
        (["2026-01-01T00:00,1", "2026-01-02T00:00,1"], "Line 3: .* does not follow"),
    ],
)
def test_a_series_that_cannot_be_read_is_refused_by_line(world, tmp_path, lines, said):
    path = a_series(tmp_path, lines)

    with pytest.raises(CommandError, match=said):
        call_command("import_grid_series", str(path), site=world.site.code)

    assert not GridSeries.objects.exists()


def test_a_simulation_without_a_year_of_load_says_what_is_missing(world):
    with pytest.raises(CommandError, match="no hourly load series of a year"):
        call_command("simulate_flexible", site=world.site.code)


def test_what_the_utility_metered_and_bills_for_it_is_on_the_page(world):
    for month, peak_w in ((date(2026, 9, 1), 2_000_000), (date(2026, 8, 1), 3_000_000)):
        MeteredPeak.objects.create(site=world.site, month=month, peak_w=peak_w)

    page = words(a_reader(world.site).get(reverse("grid")))

    # 85 % of the higher one.
    assert (
        "At least 2,550 kW is billed: 85 % of 3,000 kW, metered in August 2026." in page
    )
    assert "September 2026 2,000 kW" in page


def test_while_no_month_is_metered_the_ratchet_bills_of_the_contract(world):
    page = words(a_reader(world.site).get(reverse("grid")))

    assert "At least 3,825 kW is billed: 85 % of the contract" in page


def test_how_fast_the_plan_in_force_ramps_stands_beside_what_is_allowed(world):
    plan = Plan.objects.get(publication__number=1)
    Plan.objects.filter(pk=plan.pk).update(rise_w=500_001, fall_w=200_000)

    page = words(a_reader(world.site).get(reverse("grid")))

    assert "rises by at most 500 kW and falls by at most 200 kW" in page
    assert "beyond the contract" in page


def test_a_plan_keeps_how_fast_its_import_ramps(world):
    plan = Plan.objects.get(publication__number=1)

    found = ramp(load_problem(plan), load_schedule(plan))

    assert (plan.rise_w, plan.fall_w) == (found.rise, found.fall)
    assert found.fall > 0
