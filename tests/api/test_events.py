"""The change feed: one order, no gaps, only what a client may learn, and an end."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from journal.api.places import cursor_at
from journal.models import Event
from journal.retention import floor, raise_floor
from journal.sequencing import sequence
from tests.builders.api import Caller
from tests.builders.journal import an_event, numbered_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def erp() -> Caller:
    """Return a client of long ago that may read orders; its making is numbered."""
    with time_machine.travel(timezone.now() - timedelta(days=400), tick=False):
        caller = Caller(sensitive_data=True)
    sequence(limit=10)
    return caller


def read_all(erp: Caller, **query: Any) -> list[dict[str, Any]]:
    """Return every event from the oldest on, page by page."""
    items: list[dict[str, Any]] = []
    while True:
        page = erp.get("events", **query).json()
        items += page["items"]
        query["cursor"] = page["next"]
        if not page["has_more"]:
            return items


def test_pages_follow_each_other_without_gap_or_repeat(erp: Caller) -> None:
    events = numbered_events(7)

    items = read_all(erp, limit=3)

    assert [item["seq"] for item in items] == [event.seq for event in events]


def test_an_event_that_is_not_numbered_yet_waits(erp: Caller) -> None:
    an_event()

    assert read_all(erp) == []


def test_the_end_has_a_cursor_to_go_on_from(erp: Caller) -> None:
    numbered_events(2)
    end = erp.get("events").json()

    numbered_events(1, kind="order.changed")
    page = erp.get("events", cursor=end["next"]).json()

    assert [item["kind"] for item in page["items"]] == ["order.changed"]


def test_an_event_is_shown_whole(erp: Caller) -> None:
    (event,) = numbered_events(
        1,
        kind="order.changed",
        object_id="12",
        scope="site:MTY",
        actor="client:3",
        cause="event:9",
        summary="CO-1 asks for 3 racks",
        before={"quantity": 2},
        after={"quantity": 3},
        request_id="0123456789abcdef",
    )

    assert read_all(erp) == [
        {
            "id": f"evt_{event.seq}",
            "seq": event.seq,
            "kind": "order.changed",
            "op": "upsert",
            "object": {
                "type": "order",
                "id": "ord_c",
                "address": "/api/v1/orders/ord_c",
            },
            "scope": "site:MTY",
            "at": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor": "client:3",
            "cause": "event:9",
            "request_id": "0123456789abcdef",
            "summary": "CO-1 asks for 3 racks",
            "before": {"quantity": 2},
            "after": {"quantity": 3},
        }
    ]


def test_what_is_no_more_is_a_tombstone(erp: Caller) -> None:
    numbered_events(1, kind="outage.deleted", object_type="outage", after=None)

    assert [item["op"] for item in read_all(erp)] == ["delete"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "order.created"}, ["order.created"]),
        ({"kind": "order.*"}, ["order.created", "order.changed"]),
        ({"kind": "run.failed,order.changed"}, ["order.changed", "run.failed"]),
        ({"object_type": "run"}, ["run.failed"]),
        ({"kind": "order.*", "object_type": "run"}, []),
    ],
)
def test_a_reader_may_ask_for_some(
    query: dict[str, str], found: list[str], erp: Caller
) -> None:
    numbered_events(1, kind="order.created")
    numbered_events(1, kind="order.changed")
    numbered_events(1, kind="run.failed", object_type="run")
    numbered_events(1, kind="orders_extra.made")

    assert [item["kind"] for item in read_all(erp, **query)] == found


def test_keys_and_endpoints_are_no_news_for_a_client(erp: Caller) -> None:
    for kind in ("api_client.created", "webhook.disabled", "integration.odd"):
        numbered_events(1, kind=kind)

    assert read_all(erp) == []


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "Order"},
        {"kind": "*"},
        {"kind": "order"},
        {"kind": ",".join(["order.made"] * 21)},
        {"kind": "order.made\x00"},
        {"object_type": "Order;"},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": cursor_at("po", 3)},
        {"cursor": cursor_at("ev", 2**63)},
        {"limit": 1001},
        {"limit": 0},
        {"surprise": 1},
    ],
)
def test_a_hostile_query_is_a_problem(query: dict[str, Any], erp: Caller) -> None:
    answer = erp.get("events", **query)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert next(iter(query)) in answer.json()["errors"][0]["pointer"]


def aged(days: float, **changes: Any) -> Event:
    """Return a numbered event of so many days ago."""
    (event,) = numbered_events(1, at=timezone.now() - timedelta(days=days), **changes)
    return event


def test_a_cursor_older_than_what_is_kept_is_gone(erp: Caller, settings: Any) -> None:
    settings.FEED_KEPT_DAYS = 30
    old = erp.get("events").json()["next"]
    aged(40)
    last_old = aged(31)
    young = aged(29)

    assert raise_floor() == last_old.seq
    answer = erp.get("events", cursor=old)

    assert answer.status_code == 410
    assert answer.json()["code"] == "cursor_too_old"
    assert answer.json()["baseline"] == "/api/v1/events:baseline"
    assert answer.headers["Location"] == "/api/v1/events:baseline"
    # The very edge is still whole, and nothing was erased.
    edge = cursor_at("ev", last_old.seq or 0)
    page = erp.get("events", cursor=edge).json()
    assert [item["seq"] for item in page["items"]] == [young.seq]
    assert [item["seq"] for item in read_all(erp)] == [young.seq]
    assert Event.objects.filter(kind="order.created").count() == 3


def test_the_floor_rises_in_order_and_never_falls(erp: Caller, settings: Any) -> None:
    settings.FEED_KEPT_DAYS = 30
    first = aged(31)
    aged(1)
    aged(35)  # numbered after a young one: it waits for its neighbours

    assert raise_floor() == first.seq
    settings.FEED_KEPT_DAYS = 300
    assert raise_floor() == floor() == first.seq


def test_in_a_quiet_house_the_end_stays_readable(erp: Caller, settings: Any) -> None:
    settings.FEED_KEPT_DAYS = 30
    aged(40)
    end = erp.get("events").json()["next"]

    raise_floor()

    assert erp.get("events", cursor=end).status_code == 200


def test_a_baseline_taken_first_misses_nothing(erp: Caller) -> None:
    numbered_events(3)
    baseline = erp.get("events:baseline").json()

    (later,) = numbered_events(1, kind="order.changed")

    page = erp.get("events", cursor=baseline["cursor"]).json()
    assert [item["seq"] for item in page["items"]] == [later.seq]
    assert baseline["seq"] == (later.seq or 0) - 1


def test_a_page_costs_the_same_however_long(
    erp: Caller, django_assert_num_queries: Any
) -> None:
    numbered_events(50)
    erp.get("events")

    for limit in (1, 50):
        with django_assert_num_queries(3):
            erp.get("events", limit=limit)


def test_every_answer_tells_how_many_requests_are_left(erp: Caller) -> None:
    erp.client.requests_per_min = 3
    erp.client.save()

    answers = [erp.get("events") for _ in range(20)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 14  # at most two windows of three
    assert refused[0].json()["code"] == "rate_limited"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert all('"client";q=3;w=60' in a.headers["RateLimit-Policy"] for a in answers)
    assert all(a.headers["RateLimit"].startswith('"client";r=') for a in answers)


def test_a_client_that_starts_runs_learns_of_runs_and_plans_alone() -> None:
    runner = Caller(code_execution=True)
    sequence(limit=10)
    for kind in ("order.created", "run.failed", "plan.published"):
        numbered_events(1, kind=kind)

    assert [item["kind"] for item in read_all(runner)] == [
        "run.failed",
        "plan.published",
    ]


def test_one_event_is_read_by_its_id_and_by_its_number(erp: Caller) -> None:
    an_event(kind="order.created")
    an_event(kind="api_client.created")
    sequence(limit=10)
    listed = erp.get("events").json()["items"]

    assert erp.get(f"events/{listed[-1]['id']}").json() == listed[-1]
    assert erp.get(f"events/rackline:{listed[-1]['seq']}").json() == listed[-1]
    for hidden in (f"evt_{listed[-1]['seq'] + 1}", "evt_", "evt_x", "erp:1", "%00"):
        assert erp.get(f"events/{hidden}").status_code == 404
