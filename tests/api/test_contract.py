"""The OpenAPI file holds: what it allows is taken, what it forbids is refused.

Every operation is called with values made from the file, good ones and bad ones, and
every answer goes through all of schemathesis' checks.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from config.env import BASE_DIR
from config.wsgi import application
from journal.api.places import EVENTS, cursor_at
from tests.builders.api import Caller
from tests.builders.suppliers import a_commitment, a_line, a_shipment, a_supplier
from tests.builders.world import a_small_world

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.xdist_group("contract"),
]

EXAMPLES, EXAMPLES_SOAK = 3, 300

BUSINESS = ["2XX", "304", "401", "403", "404", "409", "410", "412", "422", "428"]
"""Answers to what is well-formed. 400 is none of them: it means that the file allows
what the code does not read."""

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": BUSINESS},
            "negative_data_rejection": {
                "expected-statuses": [
                    *("400", "401", "404", "405", "406", "412", "415", "422", "428")
                ]
            },
        }
    }
)
FILE = yaml.safe_load((BASE_DIR / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
OURS = {
    path: methods for path, methods in FILE["paths"].items() if "openapi" not in path
}
OPERATIONS = [
    f"{method.upper()} {path}" for path, methods in OURS.items() for method in methods
]


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the file with this process as its server."""
    loaded = schemathesis.openapi.from_dict(FILE | {"paths": OURS}, config=CONFIG)
    loaded.app = application
    return loaded


@pytest.fixture
def erp(db: None) -> Iterator[Caller]:
    """Return a client of a site with something of everything.

    Requests stay inside the test's transaction, so nobody may close its connection.
    """
    world = a_small_world()
    supplier = a_supplier(code="tessaline")
    line = a_line(supplier=supplier, site=world.site, part=world.parts["SENSOR"])
    a_commitment(line)
    a_shipment((line, 10))
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield Caller(sensitive_data=True, code_execution=True)
    for signal in both:
        signal.connect(close_old_connections)


def call_often(
    operation: Any, erp: Caller, mode: GenerationMode, examples: int
) -> None:
    """Call one operation with so many made-up requests, and check every answer."""

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Case) -> None:
        """Call once."""
        if mode is GenerationMode.POSITIVE:
            _say_what_no_file_can(case)
        elif (case.query or {}).get("atomic") in {"false", False}:
            # Then a malformed item is a result of its own, and the answer 200.
            case.query.pop("atomic")
        case.call_and_validate(headers={"Authorization": f"Bearer {erp.key}"})

    call()


def _say_what_no_file_can(case: Case) -> None:
    """Replace made-up cursors by ones that were handed out, and number lines apart.

    A sparse answer has fewer members than its shape requires, so all are asked for.
    """
    path = case.operation.path
    (case.query or {}).pop("fields", None)
    if "cursor" in (case.query or {}):
        case.query["cursor"] = cursor_at(_prefix(path), 1)
    if isinstance(case.body, dict):
        for order in (case.body, *case.body.get("purchase_orders", ())):
            for number, line in enumerate(order.get("lines", ()), 1):
                if "number" in line:
                    line["number"] = number


def _prefix(path: str) -> str:
    """Return the prefix of the ids a list shows, from its example; the feed's own."""
    if path.endswith("/events"):
        return EVENTS
    shown = OURS[path]["get"]["responses"]["200"]["content"]["application/json"]
    (example,) = shown["examples"].values()
    (first,) = example["value"]["items"]
    return str(first["id"].partition("_")[0])


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_is_what_the_file_says(
    schema: Any, erp: Caller, label: str, mode: GenerationMode
) -> None:
    method, path = label.split()

    call_often(schema[path][method], erp, mode, EXAMPLES)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_is_what_the_file_says_however_often_it_is_called(
    schema: Any, erp: Caller, label: str, mode: GenerationMode
) -> None:
    method, path = label.split()

    call_often(schema[path][method], erp, mode, EXAMPLES_SOAK)
