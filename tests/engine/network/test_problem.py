"""The general form refuses what no reader could interpret, by name."""

import json
import re
from dataclasses import replace

import pytest

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.network.problem import Job, Lag, Mode, Resource, Stock
from scheduling.engine.network.serial import (
    network_from_json,
    network_schedule_from_json,
    network_schedule_to_json,
    network_to_json,
)
from scheduling.engine.profile import StepFunction, constant
from tests.builders.networks import a_network, a_plan, a_tiny_network, an_activity


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: a_network(()).__class__(activities=()), "activities is empty"),
        (lambda: Mode(duration=0), "duration is 0; 1 to 10000000 is possible"),
        (lambda: Mode(duration=-3), "duration is -3"),
        (lambda: Mode(duration=1, uses=(("R", 10**12),)), "amount is 1000000000000"),
        (lambda: Mode(duration=1, uses=(("R", 0),)), "mode: uses R: amount is 0"),
        (lambda: Mode(duration=1, uses=(("R", 1), ("R", 1))), "key is R; each key"),
        (lambda: Lag(before="A", after="A"), "does not wait for itself"),
        (lambda: Lag(before="A", after="B", least=3, most=2), "most is 2; 3 to"),
        (lambda: Job(key="J", due=-1), "J: due is -1"),
        (lambda: Stock(key="", quantity=1), "stock: key is empty"),
        (lambda: an_activity(modes=()), "A: modes is empty"),
        (lambda: an_activity(release=5, deadline=6), "deadline is 6; 7 to"),
        (
            lambda: Resource(
                key="R", capacity=StepFunction(times=(0, 0), values=(1, 1))
            ),
            "times rise from 0",
        ),
        (lambda: a_network([an_activity(), an_activity()]), "activities: key is A"),
        (lambda: a_network([an_activity(job="J")]), "A: job is J; no such key"),
        (lambda: a_network([an_activity(uses=(("Q", 1),))]), "uses is Q; no such key"),
        (lambda: a_network([an_activity(uses=(("R", 2),))]), "1 is all there is"),
        (lambda: a_network(lags=(Lag(before="A", after="Z"),)), "after is Z; no such"),
        (lambda: a_network(horizon=1), "horizon is 1; A cannot end before 2"),
        (
            lambda: a_network(
                [an_activity("A"), an_activity("B")],
                lags=(Lag(before="A", after="B"), Lag(before="B", after="A")),
            ),
            "lags: cycle is",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(InvalidProblemError, match=re.escape(sentence)):
        build()


def test_lags_that_go_round_without_pushing_are_no_cycle():
    activities = [an_activity("A"), an_activity("B")]

    both = Lag(before="A", after="B", least=0, most=0)

    assert a_network(activities, lags=(both,)).lags == (both,)


def test_a_long_chain_of_lags_is_read_without_recursion():
    activities = [an_activity(f"A{at}") for at in range(3_000)]
    lags = tuple(
        Lag(before=f"A{at}", after=f"A{at + 1}") for at in range(len(activities) - 1)
    )

    assert len(a_network(activities, lags=lags).lags) == 2_999


@pytest.mark.parametrize("seed", range(5))
def test_a_problem_survives_json(seed):
    problem = a_tiny_network(seed)

    assert network_from_json(network_to_json(problem)) == problem


def test_a_schedule_survives_json():
    schedule = a_plan(A=(0, 2), B=(2, 4))

    assert network_schedule_from_json(network_schedule_to_json(schedule)) == schedule


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"version": 2}, "problem: version is 2; version 1 is read here."),
        ({"form": "rack"}, "problem: form is rack; form network is read here."),
        ({"horizon": float("nan")}, "Network: horizon is nan; a whole number"),
        ({"horizon": 1e12}, "Network: horizon is 1000000000000.0; a whole"),
        ({"objective": "joy"}, "objective is 'joy'; one of makespan, tardiness"),
        ({"surprise": 1}, "Network: surprise is not known"),
        ({"activities": [{"key": "A"}]}, "Activity: modes is missing"),
        (
            {"activities": [{"key": "A", "modes": [{"duration": "2"}]}]},
            "Mode: duration is '2'; a whole number is needed.",
        ),
    ],
)
def test_json_of_another_form_is_refused_in_one_sentence(fields, sentence):
    plain = json.loads(network_to_json(a_network())) | fields

    with pytest.raises(InvalidProblemError, match=re.escape(sentence)):
        network_from_json(json.dumps(plain).encode())


def test_a_schedule_of_other_columns_is_refused():
    plain = json.loads(network_schedule_to_json(a_plan(A=(0, 2))))

    with pytest.raises(InvalidProblemError, match="schedule: columns is"):
        network_schedule_from_json(json.dumps(plain | {"columns": []}).encode())
    with pytest.raises(InvalidProblemError, match="schedule: row 0 is"):
        network_schedule_from_json(
            json.dumps(plain | {"rows": [["A", 0, 2.5, 0]]}).encode()
        )


def test_capacity_of_nothing_at_all_is_told_before_any_search():
    nothing = (Resource(key="R", capacity=constant(0)),)

    with pytest.raises(InvalidProblemError, match="0 is all there is"):
        replace(a_network(), resources=nothing)
