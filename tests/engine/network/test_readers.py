"""Each public format is read exactly; files cut short are refused in a sentence."""

import json

import pytest

from scheduling.engine.errors import EngineError
from scheduling.engine.network.problem import Lag, Mode, Point, Resource, Stock
from scheduling.engine.network.readers.formats import READERS
from scheduling.engine.network.readers.rcpsp_t import rcpsp_t
from scheduling.engine.network.readers.tokens import UnreadableFileError
from scheduling.engine.profile import StepFunction, constant
from tests.builders import instance_files as files


def _keys(problem):
    return [one.key for one in problem.activities]


def _pairs(problem):
    return [(lag.before, lag.after) for lag in problem.lags]


def test_psplib_drops_the_dummies_and_keeps_precedences():
    problem = READERS["psplib"](files.PSPLIB)

    assert _keys(problem) == ["2", "3", "4"]
    assert _pairs(problem) == [("2", "4"), ("3", "4")]
    assert problem.activities[0].modes == (Mode(duration=3, uses=(("R1", 2),)),)
    assert problem.resources[1] == Resource(key="R2", capacity=constant(4))


def test_patterson_is_told_from_psplib_by_its_first_word():
    problem = READERS["psplib"](files.PATTERSON)

    assert _keys(problem) == ["2", "3"]
    assert _pairs(problem) == [("2", "3")]
    assert problem.activities[1].modes == (Mode(duration=5, uses=(("R1", 1),)),)


def test_mmlib_has_modes_and_stocks():
    problem = READERS["mmlib"](files.MMLIB)

    assert problem.activities[0].modes == (
        Mode(duration=2, uses=(("R1", 3),), consumes=(("N1", 4),)),
        Mode(duration=5, uses=(("R1", 1),)),
    )
    assert problem.stocks == (Stock(key="N1", quantity=9),)


def test_rcpsp_max_joins_both_directions_of_a_pair():
    problem = READERS["rcpsp-max"](files.RCPSP_MAX)

    assert _keys(problem) == ["1", "2"]
    assert problem.lags == (
        Lag(before="1", after="2", least=2, most=5, of=Point.START, to=Point.START),
    )
    assert problem.activities[1].release == 1


def test_overlays_change_capacity_in_windows():
    overlay = {"base": "x.sm", "capacity": {"0": [[2, 4, 1], [4, 6, 0]]}}

    problem = rcpsp_t(json.dumps(overlay), files.PSPLIB)

    assert problem.resources[0].capacity == StepFunction(
        times=(0, 2, 4, 6), values=(2, 1, 0, 2)
    )
    assert problem.resources[1].capacity == constant(4)


def test_mplib_projects_are_jobs():
    problem = READERS["mplib"](files.MPLIB)

    assert _keys(problem) == ["P1/2", "P2/2"]
    assert [(job.key, job.release) for job in problem.jobs] == [("P1", 0), ("P2", 3)]


def test_shops_visit_machines_in_order():
    job_shop = READERS["jsp"]("2 2\n0 3 1 2\n1 4 0 0\n")
    flexible = READERS["fjsp"]("1 2 1.5\n2 1 1 3 2 1 4 2 5\n")
    flow = READERS["hfsp"]("1\n2\n2 1\n7 8\n")

    assert _keys(job_shop) == ["J1/1", "J1/2", "J2/1"]
    assert job_shop.activities[1].modes == (Mode(duration=2, uses=(("M2", 1),)),)
    assert flexible.activities[1].modes == (
        Mode(duration=4, uses=(("M1", 1),)),
        Mode(duration=5, uses=(("M2", 1),)),
    )
    assert flow.resources[0] == Resource(key="M1", capacity=constant(2))
    assert _pairs(flow) == [("J1/1", "J1/2")]


def test_neutral_racks_follow_the_feeder():
    problem = READERS["neutral-racks"](json.dumps(files.NEUTRAL))

    assert _keys(problem) == ["R0/kit", "R0/powertest"]
    assert problem.activities[1].modes[0].uses == (("bays", 1), ("kw", 72))
    assert problem.resources[-1].capacity == StepFunction(
        times=(0, 17, 21), values=(100, 80, 100)
    )
    assert problem.jobs[0].due == 90


def test_scale_racks_take_eight_named_steps():
    problem = READERS["scale-racks"](json.dumps(files.SCALE))

    assert _keys(problem)[-1] == "R0/pack"
    assert len(problem.activities) == 8
    assert problem.jobs[0].release == 5


WHOLE_FILES = {
    "psplib": files.PSPLIB,
    "mmlib": files.MMLIB,
    "rcpsp-max": files.RCPSP_MAX,
    "mplib": files.MPLIB,
    "fjsp": "1 2 1.5\n2 1 1 3 2 1 4 2 5\n",
    "jsp": "2 2\n0 3 1 2\n1 4 0 6\n",
    "hfsp": "1\n2\n2 1\n7 8\n",
    "neutral-racks": json.dumps(files.NEUTRAL),
    "scale-racks": json.dumps(files.SCALE),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_file_cut_anywhere_is_refused_or_read_never_a_traceback(name):
    text = WHOLE_FILES[name]
    refused = 0
    for end in range(0, len(text) - 1, 7):
        try:
            READERS[name](text[:end])
        except EngineError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("text", ["", "-1 2", "2 99999999999", "a b", "1 1\nnan 2"])
@pytest.mark.parametrize("name", sorted(READERS))
def test_what_is_no_instance_is_refused(name, text):
    with pytest.raises(UnreadableFileError, match=name):
        READERS[name](text)
