"""The JSON Schemas in the docs are those of the code, and real documents keep them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from scheduling.engine.command.schemas import SCHEMAS, schema
from scheduling.engine.network.schedule import Assignment, NetworkSchedule
from scheduling.engine.network.serial import network_schedule_to_json, network_to_json
from scheduling.engine.serial import problem_to_json, schedule_to_json
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.networks import a_tiny_network
from tests.builders.problems import a_problem
from tests.builders.reference import reference_plan

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_schema_in_the_docs_is_the_code_s(name):
    written = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))

    Draft202012Validator.check_schema(written)
    assert _bare(written) == _bare(schema(name)), (
        "make schemas writes what the files should hold"
    )


def _bare(plain):
    """Return a schema without its descriptions, which follow the docstrings."""
    if isinstance(plain, dict):
        return {
            key: _bare(value)
            for key, value in plain.items()
            if key != "description" or not isinstance(value, str)
        }
    return [_bare(one) for one in plain] if isinstance(plain, list) else plain


def _documents():
    """Return real documents of every form."""
    plan = NetworkSchedule(assignments=(Assignment(activity="A", start=0, end=2),))
    return [
        ("network-problem", network_to_json(a_tiny_network(3))),
        ("network-schedule", network_schedule_to_json(plan)),
        ("rack-problem", problem_to_json(a_demo_like_problem(racks=12, seed=5))),
        ("rack-schedule", schedule_to_json(reference_plan(a_problem()))),
    ]


@pytest.mark.parametrize(("name", "data"), _documents())
def test_real_documents_keep_their_schema(name, data):
    plain = json.loads(data)

    Draft202012Validator(schema(name)).validate(plain)
    assert not Draft202012Validator(schema(name)).is_valid(plain | {"version": 99})
    assert not Draft202012Validator(schema(name)).is_valid(plain | {"surprise": 1})
