"""Scopes hold a client to less than its capabilities open; the docs list each."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config.env import BASE_DIR
from journal.keys import change_client
from journal.models import Event
from journal.scopes import capabilities_by_scope
from journal.sequencing import sequence
from tests.builders.api import Caller
from tests.builders.journal import numbered_events
from tests.builders.world import a_small_world

ROW = re.compile(r"^\| (`[^|]+`) \| ([a-z, ]+) \|$", re.MULTILINE)


def held_to(scopes: str) -> Caller:
    """Return a client with sensitive data that is held to some scopes."""
    erp = Caller(sensitive_data=True)
    change_client(client=erp.client, actor="system", scopes=scopes)
    return erp


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "read", "written", "other"),
    [
        ("", 200, 201, 200),
        ("parts:read", 200, 403, 403),
        ("parts:write", 403, 201, 403),
        ("*:read", 200, 403, 200),
        ("suppliers:read, parts:read, parts:write", 200, 201, 200),
        ("runs:read", 403, 403, 403),
    ],
)
def test_a_client_makes_the_requests_of_its_scopes_alone(
    scopes: str, read: int, written: int, other: int
) -> None:
    erp = held_to(scopes)

    answers = [
        erp.get("parts"),
        erp.put("parts/erp:1", {"code": "A", "name": "A"}),
        erp.get("suppliers"),
    ]

    assert [one.status_code for one in answers] == [read, written, other]
    for one in answers:
        if one.status_code == 403:
            assert one.json()["code"] == "scope_missing"


@pytest.mark.django_db
def test_a_scope_opens_nothing_that_the_capability_does_not() -> None:
    erp = held_to("runs:write, runs:read")

    assert erp.get("runs").json()["code"] == "permission_denied"


HAPPENED = {
    "order.created": "order",
    "commitment.changed": "commitment",
    "risk.changed": "risk",
    "plan.published": "publication",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "learnt"),
    [
        ("", list(HAPPENED)),
        ("*:read", list(HAPPENED)),
        ("events:read, orders:read", ["order.created"]),
        ("events:read, plans:read", ["plan.published"]),
        ("events:read, commitments:read, orders:write", ["commitment.changed"]),
        ("events:read", []),
    ],
)
def test_the_feed_tells_a_client_of_what_its_scopes_let_it_read(
    scopes: str, learnt: list[str]
) -> None:
    erp = held_to(scopes)
    sequence(limit=10)
    events = [
        numbered_events(1, kind=kind, object_type=object_type)[0]
        for kind, object_type in HAPPENED.items()
    ]

    listed = [item["kind"] for item in erp.get("events").json()["items"]]
    alone = [
        event.kind
        for event in events
        if erp.get(f"events/evt_{event.seq}").status_code == 200
    ]

    assert listed == alone == learnt


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        ("parts", "is no scope"),
        ("parts:delete", "is no scope"),
        ("ghosts:read", "There is no scope ghosts:read."),
        (", ".join(["*:read"] * 61), "Name at most 60 scopes."),
    ],
)
def test_what_is_no_scope_is_refused_on_the_page(
    client: Any, scopes: str, said: str
) -> None:
    a_small_world()
    client.force_login(User.objects.create_superuser("root"))
    erp = Caller(sensitive_data=True).client
    address = reverse("client", args=[erp.pk])

    answer = client.post(address, {"sensitive_data": "on", "scopes": scopes})

    assert answer.status_code == 200
    assert said in answer.content.decode().replace("&#x27;", "'")
    erp.refresh_from_db()
    assert erp.scopes == ""


@pytest.mark.django_db
def test_scopes_are_given_on_the_page_and_the_change_is_an_event(client: Any) -> None:
    a_small_world()
    client.force_login(User.objects.create_superuser("root"))
    erp = Caller(sensitive_data=True).client
    address = reverse("client", args=[erp.pk])

    client.post(address, {"sensitive_data": "on", "scopes": "orders:read,*:write"})

    erp.refresh_from_db()
    assert erp.scopes == "orders:read, *:write"
    event = Event.objects.get(kind="api_client.changed")
    assert (event.before["scopes"], event.after["scopes"]) == ("", erp.scopes)


def test_the_docs_name_the_capability_of_every_scope() -> None:
    text = (BASE_DIR / "docs" / "security.md").read_text(encoding="utf-8")
    told = {
        scope: " ".join(sorted(word.replace(" ", "_") for word in needed.split(" or ")))
        for scopes, needed in ROW.findall(text)
        for scope in re.findall(r"`([a-z-]+:(?:read|write))`", scopes)
    }

    assert told == dict(capabilities_by_scope())
