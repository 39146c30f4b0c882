"""What-if: each adjustment changes what it says and no more, or refuses by name."""

from dataclasses import replace

import pytest

from scheduling.engine.adjust.base import AdjustmentError, Lead, questions_of
from scheduling.engine.adjust.kinds import (
    KINDS,
    adjusted,
    adjustment_from,
    adjustments_from,
    stretch_days,
    to_json,
)
from scheduling.engine.following import following
from scheduling.engine.problem import SupplyKind
from tests.builders.problems import (
    EPOCH,
    a_bay,
    a_calendar,
    a_crew,
    a_curtailment,
    a_material,
    a_place,
    a_problem,
    a_progress,
    a_rack,
    a_site,
    a_supply,
    a_template,
    amount,
)
from tests.builders.reference import reference_plan

DAY = 1_440


def after(problem, kind, leads=None, **fields):
    return adjusted(problem, [adjustment_from({"kind": kind} | fields)], leads or {})


def site_of(problem):
    return next(one for one in problem.resources if one.key == "site:main")


def test_more_bays_are_like_the_one_that_stands_and_in_service():
    problem = a_problem(bays=(a_bay("bay:1", capacity=0),))

    first, second, third = after(problem, "bays", like="1", bays=2).bays

    assert [one.label for one in (first, second, third)] == ["1", "1+1", "1+2"]
    assert second == replace(first, key="bay:1+1", label="1+1", capacity=amount((0, 1)))


def test_more_site_power_does_not_lift_what_the_grid_ordered():
    problem = a_problem(
        resources=(a_site(capacity=amount((0, 1_000), (100, 600), (200, 1_000))),),
        base_load=amount((0, 200)),
        curtailments=(a_curtailment(start=100, end=200, limit=900),),
    )

    limit = site_of(after(problem, "power", limit="site:main", power_w=500))

    assert [limit.capacity.at(minute) for minute in (0, 99, 100, 199, 200)] == [
        1_500,
        1_500,
        700,
        700,
        1_500,
    ]


def test_less_power_never_falls_below_nothing_and_an_outage_stays_one():
    problem = a_problem(resources=(a_site(capacity=amount((0, 300), (9, 0))),))

    less = site_of(after(problem, "power", limit="site:main", power_w=-500))
    more = site_of(after(problem, "power", limit="site:main", power_w=500))

    assert less.capacity.values == (0, 0)
    assert more.capacity == amount((0, 800), (9, 0))


def test_a_weekend_shift_opens_both_days_at_the_sites_own_hours():
    problem = a_problem(calendars=(a_calendar("calendar:day", [(360, 1_080)]),))

    changed = after(problem, "weekend_shift", calendar="calendar:day", weeks=1)

    # The epoch is Monday 00:00 in Monterrey.
    assert changed.calendars[0].open == (
        (360, 1_080),
        (5 * DAY + 360, 5 * DAY + 1_080),
        (6 * DAY + 360, 6 * DAY + 1_080),
    )


def test_people_are_counted_in_eighths_and_places_in_places():
    problem = a_problem(resources=(a_crew("crew:test", 16), a_place("place:lane", 2)))

    crew = after(problem, "people", crew="crew:test", people=-1).resources[0]
    place = after(problem, "places", place="place:lane", places=3).resources[1]

    assert (crew.capacity.values, place.capacity.values) == ((8,), (5,))


def test_a_limit_out_is_nothing_for_its_time_and_itself_again_after():
    problem = a_problem(bays=(a_bay("bay:1"),))
    window = {"starts": "2026-11-23T01:00", "ends": "2026-11-23T03:00"}

    (bay,) = after(problem, "limit_out", limit="bay:1", **window).bays

    assert bay.capacity == amount((0, 1), (60, 0), (180, 1))
    with pytest.raises(AdjustmentError, match="back before it begins"):
        after(
            problem,
            "limit_out",
            limit="bay:1",
            starts=window["ends"],
            ends=window["starts"],
        )


def test_a_late_supplier_moves_its_promises_and_no_stock():
    theirs = a_supply("t", kind=SupplyKind.TRANCHE, available=DAY, label="P, 1, Acme")
    others = a_supply(
        "u", kind=SupplyKind.TRANCHE, available=DAY, label="P, 2, Acme Co"
    )
    stock = a_supply("s", kind=SupplyKind.STOCK, available=0, label="P, lot Acme")
    problem = a_problem(supplies=(theirs, others, stock))

    moved = after(problem, "supplier_late", supplier="Acme", days=3).supplies

    assert [one.available for one in moved] == [4 * DAY, DAY, 0]
    with pytest.raises(AdjustmentError, match="Nobody has promised nothing"):
        after(problem, "supplier_late", supplier="Nobody", days=3)


def test_earlier_than_now_is_now():
    problem = a_problem(
        supplies=(a_supply("t", kind=SupplyKind.TRANCHE, available=DAY, label="P, A"),)
    )

    moved = after(problem, "supplier_late", supplier="A", days=-5)

    assert moved.supplies[0].available == 0


def test_added_racks_are_received_now_and_bring_parts_at_their_lead_time():
    template = a_template(materials=(a_material(part="P", quantity=2),))
    problem = a_problem(templates=(template,), racks=(a_rack("R-1", order="CO-1"),))
    lead = Lead(available=9 * DAY, owner="Acme", label="P ordered now")

    grown = after(problem, "order_racks", {"P": lead}, order="CO-1", racks=2)

    assert [rack.key for rack in grown.racks] == ["R-1", "CO-1+1", "CO-1+2"]
    assert grown.racks[1].promise is None
    (bought,) = grown.supplies[len(problem.supplies) :]
    assert (bought.part, bought.quantity, bought.available) == ("P", 4, 9 * DAY)


def test_only_racks_that_have_not_begun_are_taken_away():
    racks = (
        a_rack("R-1", order="CO-1", progress=a_progress(done=1)),
        a_rack("R-2", order="CO-1"),
    )
    problem = a_problem(racks=racks)

    fewer = after(problem, "order_racks", order="CO-1", racks=-1)

    assert [rack.key for rack in fewer.racks] == ["R-1"]
    with pytest.raises(AdjustmentError, match="and 1 have not begun"):
        after(problem, "order_racks", order="CO-1", racks=-2)


def test_the_last_due_change_their_model():
    other = replace(a_template(), key="N", label="N")
    problem = a_problem(
        templates=(a_template(), other),
        racks=(a_rack("R-1", due=9_000), a_rack("R-2", due=1_000)),
    )

    mixed = after(problem, "model_mix", from_model="M", to_model="N", racks=1)

    assert [rack.template for rack in mixed.racks] == ["N", "M"]


def test_a_held_order_begins_later_and_a_heavier_one_costs_more():
    problem = a_problem(racks=(a_rack("R-1", order="CO-1", late_cents_per_day=100),))

    held = after(problem, "order_held", order="CO-1", until="2026-11-25")
    heavy = after(problem, "order_priority", order="CO-1", percent=300)
    later = after(problem, "order_due", order="CO-1", days=1)

    assert held.racks[0].release == 2 * DAY
    assert heavy.racks[0].late_cents_per_day == 300
    assert later.racks[0].due == problem.racks[0].due + DAY


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("bays", "An adjustment is an object"),
        ({"kind": "cheaper"}, "no kind of adjustment 'cheaper'"),
        ({"kind": "bays", "like": "1"}, "bays is missing"),
        ({"kind": "bays", "like": "1", "bays": 1, "x": 1}, "no field 'x'"),
        ({"kind": "bays", "like": "1", "bays": 0}, "must lie between 1 and 50"),
        ({"kind": "bays", "like": "1", "bays": True}, "a whole number is needed"),
        ({"kind": "bays", "like": "1", "bays": "2"}, "a whole number is needed"),
        ({"kind": "bays", "like": " ", "bays": 1}, "Like bay is missing"),
        ({"kind": "order_held", "order": "CO-1", "until": "soon"}, "not a date"),
        (
            {"kind": "limit_out", "limit": "bay:1", "starts": "x", "ends": "y"},
            "not a moment",
        ),
    ],
)
def test_nonsense_is_refused_by_name(data, sentence):
    with pytest.raises(AdjustmentError, match=sentence):
        adjustment_from(data)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_not_there_is_refused_and_what_is_read_is_written_back(kind):
    values = {
        name: {"count": 1, "watts": 1_000, "day": "2026-11-25"}.get(
            question.asks, "2026-11-25T08:00" if question.asks == "clock" else "ghost"
        )
        for name, question in questions_of(KINDS[kind]).items()
    }
    if "ends" in values:
        values["ends"] = "2026-11-26T08:00"
    if kind == "model_mix":
        values["from_model"] = "M"
    data = [{"kind": kind} | values]

    found = adjustments_from(data)

    assert to_json(found) == data
    assert stretch_days(found) >= 0
    assert found[0].words
    with pytest.raises(AdjustmentError, match="ghost"):
        adjusted(a_problem(), found, {})


def test_a_list_too_long_is_refused_with_its_limit():
    one = {"kind": "order_due", "order": "CO-1", "days": 1}

    with pytest.raises(AdjustmentError, match="31 adjustments are given"):
        adjustments_from([one] * 31)


def test_following_another_plan_keeps_its_places_shifted_to_the_new_minute_0():
    problem = a_problem()
    schedule = reference_plan(problem)
    later = replace(problem, epoch="2026-11-23T05:30:00Z")

    kept = following(later, schedule, EPOCH).racks[0].previous

    assert kept == tuple(
        (step.step, step.start + 30, step.bay)
        for step in schedule.steps
        if step.rack == problem.racks[0].key
    )


def test_following_leaves_out_what_has_passed():
    problem = a_problem()
    schedule = reference_plan(problem)
    last = max(step.start for step in schedule.steps)
    much_later = replace(problem, epoch="2026-12-20T06:00:00Z")

    assert last < 27 * DAY
    assert all(
        rack.previous == () for rack in following(much_later, schedule, EPOCH).racks
    )
