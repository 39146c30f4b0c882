"""The ledger's rules without a database: comparisons, moves, replay."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppliers.ledger import (
    MOVES,
    Delivery,
    Entry,
    Kind,
    Leg,
    State,
    Verb,
    arrived_by,
    coming,
    is_worse,
    kind_of,
    outstanding,
    replay,
    settled,
)

DAY_0 = date(2026, 12, 1)


def on(day, quantity):
    return Delivery(DAY_0 + timedelta(days=day), quantity)


promises = st.dictionaries(
    st.integers(0, 30), st.integers(1, 50), min_size=1, max_size=5
).map(lambda rows: tuple(sorted(on(day, count) for day, count in rows.items())))


def pieces(promise):
    return sum(delivery.quantity for delivery in promise)


@pytest.mark.parametrize(
    ("received", "left"),
    [
        (0, (on(1, 60), on(5, 30))),
        (59, (on(1, 1), on(5, 30))),
        (60, (on(5, 30),)),
        (61, (on(5, 29),)),
        (90, ()),
    ],
)
def test_what_came_is_taken_off_the_earliest(received, left):
    assert outstanding((on(1, 60), on(5, 30)), received) == left


@given(promises, st.integers(0, 400))
def test_outstanding_is_the_promise_less_what_came(promise, received):
    assert pieces(outstanding(promise, received)) == max(0, pieces(promise) - received)


@pytest.mark.parametrize(
    ("promise", "worse"),
    [
        ((on(5, 90),), False),
        ((on(4, 90),), False),
        ((on(6, 90),), True),
        ((on(5, 89),), True),
        ((on(5, 89), on(6, 1)), True),
        ((on(1, 1), on(5, 89)), False),
        ((on(1, 89), on(6, 1)), True),
    ],
)
def test_worse_is_fewer_pieces_on_any_day(promise, worse):
    assert is_worse(promise, (on(5, 90),)) is worse


@given(promises, promises)
def test_worse_agrees_with_counting_day_by_day(promise, base):
    days = [DAY_0 + timedelta(days=day) for day in range(40)]
    fewer = any(arrived_by(promise, day) < arrived_by(base, day) for day in days)

    assert is_worse(promise, base) is fewer


@given(promises, promises)
def test_the_kind_of_a_change_says_what_changed(promise, before):
    kind = kind_of(promise, before, is_first=False)

    if promise == before:
        assert kind == Kind.RECOMMIT
    elif pieces(promise) != pieces(before):
        assert kind == Kind.QUANTITY_CHANGE
    elif len(promise) > len(before):
        assert kind == Kind.SPLIT
    else:
        assert kind == (Kind.PUSH_OUT if is_worse(promise, before) else Kind.PULL_IN)


@given(promises)
def test_a_first_promise_commits_and_one_after_nothing_recommits(promise):
    assert kind_of(promise, (), is_first=True) == Kind.COMMIT
    assert kind_of(promise, (), is_first=False) == Kind.RECOMMIT


def test_no_verb_leads_out_of_what_is_over_but_asking_again():
    over = {State.RECEIVED, State.CLOSED, State.CANCELLED}

    for verb, moves in MOVES.items():
        if verb is not Verb.ASK_AGAIN:
            assert not over & set(moves), verb


def test_only_a_promise_can_be_received():
    before = {
        state for state, after in MOVES[Verb.RECEIVE].items() if after is State.RECEIVED
    }

    assert before == {State.COMMITTED, State.SHIPPED}


def entries(*kinds):
    return [Entry(number=place, kind=kind) for place, kind in enumerate(kinds, start=1)]


@pytest.mark.parametrize(
    ("kinds", "state", "original", "current"),
    [
        ((), State.REQUESTED, None, None),
        ((Kind.COMMIT,), State.COMMITTED, 1, 1),
        ((Kind.COMMIT, Kind.PUSH_OUT), State.COMMITTED, 1, 2),
        ((Kind.COMMIT, Kind.DECOMMIT), State.DECOMMITTED, 1, 1),
        ((Kind.COMMIT, Kind.DECOMMIT, Kind.RECOMMIT), State.COMMITTED, 1, 3),
        ((Kind.COMMIT, Kind.UNDO), State.REQUESTED, None, None),
        ((Kind.COMMIT, Kind.PUSH_OUT, Kind.UNDO), State.COMMITTED, 1, 1),
        ((Kind.COMMIT, Kind.UNDO, Kind.COMMIT), State.COMMITTED, 3, 3),
        ((Kind.REJECT,), State.REJECTED, None, None),
        ((Kind.CANNOT_SAY,), State.ACKNOWLEDGED, None, None),
    ],
)
def test_a_ledger_stands_where_its_revisions_leave_it(kinds, state, original, current):
    position = replay(entries(*kinds), is_acknowledged=False)

    assert (position.state, position.original, position.current) == (
        state,
        original,
        current,
    )


def test_without_revisions_a_seen_line_is_acknowledged():
    assert replay([], is_acknowledged=True).state == State.ACKNOWLEDGED


legs = st.lists(
    st.builds(
        Leg,
        key=st.integers(1, 9),
        quantity=st.integers(1, 60),
        arrives=st.integers(0, 40).map(lambda day: DAY_0 + timedelta(days=day)),
        answers=st.none()
        | st.integers(0, 40).map(lambda day: DAY_0 + timedelta(days=day)),
    ),
    max_size=4,
)


def test_what_has_left_stands_on_its_shipments_date_and_the_rest_on_its_promise():
    promise = (on(1, 60), on(5, 30))
    leg = Leg(key=7, quantity=70, arrives=on(3, 0).on)

    found = coming(promise, [leg])

    assert [(one.promised, one.arrives, one.quantity, one.leg) for one in found] == [
        (on(1, 0).on, on(3, 0).on, 60, 7),
        (on(5, 0).on, on(3, 0).on, 10, 7),
        (on(5, 0).on, on(5, 0).on, 20, None),
    ]


def test_a_leg_that_names_a_delivery_serves_it_before_the_earliest():
    promise = (on(1, 60), on(5, 30))
    leg = Leg(key=7, quantity=40, arrives=on(3, 0).on, answers=on(5, 0).on)

    found = coming(promise, [leg])

    assert [(one.promised, one.quantity, one.leg) for one in found] == [
        (on(1, 0).on, 50, None),
        (on(1, 0).on, 10, 7),
        (on(5, 0).on, 30, 7),
    ]


@given(promises, legs)
def test_every_promised_piece_comes_once_whatever_is_on_the_way(promise, legs):
    found = coming(promise, legs)

    by_day = {
        delivery.on: sum(one.quantity for one in found if one.promised == delivery.on)
        for delivery in promise
    }
    left = sum(one.quantity for one in found if one.leg is not None)
    assert by_day == {delivery.on: delivery.quantity for delivery in promise}
    assert left == min(pieces(promise), sum(leg.quantity for leg in legs))


@pytest.mark.parametrize(
    ("state", "on_the_way", "after"),
    [
        (State.COMMITTED, 0, State.COMMITTED),
        (State.COMMITTED, 89, State.COMMITTED),
        (State.COMMITTED, 90, State.SHIPPED),
        (State.SHIPPED, 89, State.COMMITTED),
        (State.DECOMMITTED, 90, State.DECOMMITTED),
    ],
)
def test_a_promise_is_shipped_once_all_of_it_is_on_the_way(state, on_the_way, after):
    assert settled(state, (on(1, 60), on(5, 30)), on_the_way) is after


def test_nothing_left_of_a_promise_is_not_on_the_way():
    assert settled(State.SHIPPED, (), 0) is State.COMMITTED
