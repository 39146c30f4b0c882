"""Opening hours, against a plain list of open minutes."""

from itertools import pairwise
from random import Random

import pytest

from scheduling.engine.opening import OpenHours

END = 60


def some_hours(seed):
    random = Random(seed)
    moments = sorted(random.sample(range(END), 2 * random.randrange(0, 6)))
    windows = tuple(zip(moments[::2], moments[1::2], strict=True))
    minutes = [
        any(start <= minute < end for start, end in windows)
        for minute in range(2 * END)
    ]
    return OpenHours(windows), minutes


@pytest.mark.parametrize("seed", range(40))
def test_hours_agree_with_a_list_of_minutes(seed):
    hours, minutes = some_hours(seed)

    assert hours.total == sum(minutes)
    runs = "".join("x" if is_open else " " for is_open in minutes).split()
    assert hours.longest == max(map(len, runs), default=0)
    for at in range(END + 5):
        assert hours.is_open(at) == minutes[at]
        assert hours.worked(at) == sum(minutes[:at])
        later = [m for m in range(at, 2 * END) if minutes[m]]
        assert hours.next_open(at) == (later[0] if later else None)


@pytest.mark.parametrize("seed", range(40))
def test_work_over_hours_agrees_with_a_list_of_minutes(seed):
    hours, minutes = some_hours(seed)
    for at in range(END + 5):
        later = [m for m in range(at, 2 * END) if minutes[m]]
        for work in range(1, 12):
            end = later[work - 1] + 1 if len(later) >= work else None
            assert hours.finish(at, work) == end
            assert hours.covers(at, at + work) == all(minutes[at : at + work])
            fits = (m for m in range(at, END) if all(minutes[m : m + work]))
            assert hours.next_window(at, work) == next(fits, None)


@pytest.mark.parametrize("seed", range(40))
def test_stretches_cover_without_gaps_and_alternate(seed):
    hours, minutes = some_hours(seed)
    for start in range(0, END, 3):
        for end in range(start, END + 9, 4):
            found = hours.stretches(start, end)
            covered = [
                (minute, is_open)
                for since, until, is_open in found
                for minute in range(since, until)
            ]
            assert covered == [(m, minutes[m]) for m in range(start, end)]
            kinds = [is_open for _, _, is_open in found]
            assert all(one != other for one, other in pairwise(kinds))


def test_no_work_is_done_at_once():
    assert OpenHours(()).finish(7, 0) == 7


def test_hours_that_are_never_open():
    never = OpenHours(())

    assert (never.total, never.longest) == (0, 0)
    assert never.next_open(0) is None
    assert never.stretches(3, 9) == [(3, 9, False)]
