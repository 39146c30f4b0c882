"""Every refusal is a problem with a page; every operation has an example."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config.problem_types import problem_types
from journal.api.contract import PROBLEM
from tests.architecture.source import python_files, tree
from tests.builders.api import Caller

STATIC = "/static/"
BARE = {"/api/v1/openapi.yaml"}
"""The contract itself."""


def codes_in(path: Path) -> set[str]:
    """Return the codes a module gives to problems or refusals."""
    found = set()
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in {"problem", "Refusal"}:
            found |= {
                keyword.value.value
                for keyword in node.keywords
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
            }
    return found


def test_every_code_has_its_page() -> None:
    given = set()
    for path in python_files("config", "journal", "factory", "suppliers", "scheduling"):
        given |= codes_in(path)

    assert given
    assert given - set(problem_types()) == set()


@pytest.mark.django_db
def test_the_type_of_a_problem_is_the_address_of_its_page() -> None:
    answer = Client().get("/api/v1/parts")

    page = Client().get(answer.json()["type"])

    assert answer.json()["type"] == "/api/v1/problems/not_authenticated"
    assert page.status_code == 200
    assert b"not_authenticated" in page.content
    assert b"not_authenticated" in Client().get("/api/v1/problems").content
    unknown = Client().get("/api/v1/problems/made_up")
    assert unknown.headers["Content-Type"] == "application/problem+json"


def media_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the media of an operation's body and of every answer if all is well."""
    answers = [
        answer
        for code, answer in operation["responses"].items()
        if code.startswith("2")
    ]
    bodies = [operation.get("requestBody", {}), *answers]
    return [media for body in bodies for media in body.get("content", {}).values()]


def test_every_operation_has_an_example_of_its_body_and_answers() -> None:
    contract = SchemaGenerator().get_schema(request=None, public=True)
    operations = {
        f"{method} {address}": operation
        for address, methods in contract["paths"].items()
        for method, operation in methods.items()
        if address not in BARE
    }
    bare = [
        name
        for name, operation in operations.items()
        if not all(media.get("examples") for media in media_of(operation))
    ]
    wordless = [name for name, one in operations.items() if not one.get("description")]

    assert len(operations) > 100
    assert (bare, wordless) == ([], [])
    (problem,) = contract["components"]["responses"]["Problem"]["content"].values()
    assert set(problem["example"]) == set(PROBLEM["properties"])


NOTHING_TO_TRY = {"/api/v1/openadr/{site}", "/api/v1/plans/{key}:check-move"}
"""A utility's callback, whose protocol has no trial, and a question."""


def test_every_write_can_be_tried_and_every_post_is_safe_to_repeat() -> None:
    contract = SchemaGenerator().get_schema(request=None, public=True)
    missing = [
        (method, address, name)
        for address, methods in contract["paths"].items()
        for method, operation in methods.items()
        for name in ("dry_run", *(["Idempotency-Key"] if method == "post" else []))
        if method != "get"
        and address not in NOTHING_TO_TRY
        and name not in {one["name"] for one in operation["parameters"]}
    ]

    assert missing == []


def test_the_interactive_page_loads_nothing_from_elsewhere() -> None:
    page = Client().get("/api/v1/docs")

    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert any("swagger-ui-bundle" in address for address in loaded)
    for address in loaded:
        assert address.startswith("/"), address
        if address.startswith(STATIC):
            assert finders.find(address.removeprefix(STATIC)), address
    assert "/api/v1/openapi.yaml" in page.content.decode()


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 40 + b"1" + b"}" * 40,
    b'{"parts": [], "parts": []}',
    b'{"parts": [{"external_id": "1", "external_id": "2"}]}',
    b'{"parts": [{"external_id": "\\u0000", "code": "C", "name": "N"}]}',
    b'{"parts": [{"external_id": "\\ud800", "code": "C", "name": "N"}]}',
    b'{"parts": [{"external_id": "1", "code": "C", "name": "", "price_cents": 1e400}]}',
    b'{"parts": [{"external_id": "1", "code": "C", "name": "N", "price_cents": '
    + b"9" * 5000
    + b"}]}",
    b'{"parts": [{"external_id": "1", "code": "C", "name": "N", "price_cents": NaN}]}',
    b'{"parts": [{"external_id": "1", "code": "C", "name": {}, "unit": []}]}',
    b'{"\\ud800": 1}',
    b'{"parts": ' + b"[1]" + b', "surprise": 1}',
]


@pytest.mark.django_db
def test_a_hostile_body_is_a_problem_with_a_code() -> None:
    erp = Caller(sensitive_data=True)

    for body in HOSTILE:
        answer = erp.post("parts:bulk-upsert", body)
        assert answer.status_code == 400, (body[:60], answer.content[:200])
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] in problem_types()


@pytest.mark.django_db
def test_a_body_of_thirty_megabytes_is_413() -> None:
    answer = Caller(sensitive_data=True).post("parts:bulk-upsert", b" " * 30_000_000)

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
