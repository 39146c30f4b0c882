"""Problems and schedules survive JSON exactly, and refuse what is not theirs."""

import json
import re
from dataclasses import replace

import pytest

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import Problem
from scheduling.engine.serial import (
    digest,
    problem_from_json,
    problem_to_json,
    schedule_from_json,
    schedule_to_json,
)
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.problems import a_problem
from tests.builders.reference import reference_plan


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Return a problem in which every kind of object occurs."""
    return a_demo_like_problem(racks=30, seed=5)


def test_a_problem_survives_and_equal_problems_have_equal_bytes(
    problem: Problem,
) -> None:
    data = problem_to_json(problem)

    assert problem_from_json(data) == problem
    assert problem_to_json(problem_from_json(data)) == data
    assert digest(data) == digest(problem_to_json(replace(problem)))


def test_a_schedule_survives() -> None:
    schedule = reference_plan(a_problem())

    assert schedule_from_json(schedule_to_json(schedule)) == schedule


def test_other_problems_have_other_digests(problem: Problem) -> None:
    later = replace(problem, epoch="2026-11-24T00:00:00Z")

    assert digest(problem_to_json(later)) != digest(problem_to_json(problem))


def _bent(problem: Problem, **fields: object) -> bytes:
    """Return a problem's JSON with some of its fields replaced."""
    return json.dumps(json.loads(problem_to_json(problem)) | fields).encode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"version": 99}, "problem: version is 99; version 1 is read here."),
        ({"surprise": 1}, "Problem: surprise is not known"),
        ({"horizon": "long"}, "Problem: horizon is 'long'; a whole number is needed."),
        ({"horizon": True}, "Problem: horizon is True; a whole number is needed."),
        ({"horizon": 1.5}, "Problem: horizon is 1.5; a whole number is needed."),
        ({"racks": {}}, "Problem: racks is {}; a list is needed."),
        ({"racks": [1]}, "Problem: racks is 1; an object is needed."),
        ({"base_load": {"times": [0], "values": [-1]}}, "values are at least 0"),
        ({"soak": {"levels": [[100]]}}, "2 values are needed"),
    ],
)
def test_json_of_another_form_is_refused_in_one_sentence(
    problem: Problem, fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidProblemError, match=re.escape(sentence)):
        problem_from_json(_bent(problem, **fields))


def test_a_missing_field_and_an_unknown_word_are_named(problem: Problem) -> None:
    plain = json.loads(problem_to_json(problem))
    del plain["site"]
    with pytest.raises(InvalidProblemError, match="Problem: site is missing"):
        problem_from_json(json.dumps(plain).encode())

    plain = json.loads(problem_to_json(problem))
    plain["resources"][0]["kind"] = "magic"
    with pytest.raises(InvalidProblemError, match="'magic'; one of place, crew"):
        problem_from_json(json.dumps(plain).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidProblemError):
        problem_from_json(data)
