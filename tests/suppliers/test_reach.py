"""What a promise does to the racks of the plan: moved, bare, freed, waiting."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppliers.ledger import Delivery
from suppliers.reach import PullIn, RackNeed, best_pull_in, reach_of
from tests.builders.suppliers import TODAY

DAY_MIN = 1_440


def on(day, quantity):
    return Delivery(TODAY + timedelta(days=day), quantity)


def rack(number, day, *, waits_days=0, quantity=10):
    return RackNeed(
        serial=f"R-{number}",
        needed_by=TODAY + timedelta(days=day),
        waits_min=waits_days * DAY_MIN,
        quantity=quantity,
    )


def test_pieces_on_the_last_day_that_will_do_move_no_rack():
    reach = reach_of([rack(1, 5), rack(2, 9)], (on(5, 10), on(9, 10)))

    assert (reach.moved, reach.bare, reach.freed, reach.waiting) == ((), (), (), ())


def test_a_day_later_moves_the_racks_that_get_these_pieces_and_no_other():
    reach = reach_of([rack(1, 5), rack(2, 9)], (on(5, 5), on(6, 15)))

    assert reach.moved == (("R-1", 1),)


def test_racks_beyond_the_promise_are_bare():
    reach = reach_of([rack(1, 5), rack(2, 9), rack(3, 9)], (on(1, 19),))

    assert reach.bare == ("R-2", "R-3")
    assert reach.moved == ()


def test_pieces_in_the_house_serve_the_first_racks():
    reach = reach_of([rack(1, 5), rack(2, 9)], (on(9, 10),), in_house=10)

    assert (reach.moved, reach.bare) == ((), ())


def test_a_rack_is_free_when_its_pieces_come_as_early_as_it_waits():
    needs = [rack(1, 5, waits_days=2), rack(2, 5, waits_days=3)]

    assert reach_of(needs, (on(5, 20),)).waiting == ("R-1", "R-2")
    assert reach_of(needs, (on(3, 20),)).freed == ("R-1",)
    assert reach_of(needs, (on(2, 20),)).freed == ("R-1", "R-2")


def test_part_of_a_day_of_waiting_takes_a_whole_day():
    need = RackNeed(serial="R-1", needed_by=TODAY, waits_min=1, quantity=1)

    assert need.waits_days == 1


def test_the_best_pull_in_frees_most_racks_a_day():
    needs = [rack(n, 9, waits_days=3) for n in range(4)]
    needs += [rack(n, 9, waits_days=9) for n in range(4, 6)]

    assert best_pull_in(needs, (on(9, 60),)) == PullIn(3, 4)


@pytest.mark.parametrize("needs", [[], [rack(1, 5)]])
def test_where_nobody_waits_no_pull_in_helps(needs):
    assert best_pull_in(needs, (on(5, 10),)) is None


racks = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5), st.integers(1, 20)), max_size=8
).map(
    lambda rows: [
        rack(place, day, waits_days=waits, quantity=quantity)
        for place, (day, waits, quantity) in enumerate(sorted(rows))
    ]
)
promises = st.dictionaries(st.integers(0, 20), st.integers(1, 40), max_size=5).map(
    lambda rows: tuple(on(day, quantity) for day, quantity in sorted(rows.items()))
)


@given(racks, promises)
def test_a_rack_is_told_of_once_at_most_and_bare_exactly_beyond_the_pieces(
    needs, promise
):
    reach = reach_of(needs, promise)

    told = [*(serial for serial, _ in reach.moved), *reach.bare]
    told += [*reach.freed, *reach.waiting]
    assert len(told) == len(set(told)) <= reach.racks
    pieces, wanted, bare = sum(one.quantity for one in promise), 0, []
    for need in needs:
        wanted += need.quantity
        if wanted > pieces:
            bare.append(need.serial)
    assert list(reach.bare) == bare


@given(racks, promises, st.integers(1, 9))
def test_coming_earlier_never_moves_or_holds_more_racks(needs, promise, days):
    sooner = tuple(
        Delivery(one.on - timedelta(days=days), one.quantity) for one in promise
    )

    before, after = reach_of(needs, promise), reach_of(needs, sooner)

    assert set(after.moved) <= set(before.moved) or len(after.moved) <= len(
        before.moved
    )
    assert set(before.freed) <= set(after.freed)
