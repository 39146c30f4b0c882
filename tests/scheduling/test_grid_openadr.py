"""OpenADR 3.1: what its events cap, in any order they come; a VTN asked and lost."""

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from journal.models import Event
from scheduling.errors import OpenAdrError, VtnError
from scheduling.grid_poller import Poller
from scheduling.models import GridEvent, GridLink
from scheduling.openadr.client import Vtn
from scheduling.openadr.events import read_event
from scheduling.services.grid_openadr import (
    Listener,
    Outcome,
    apply_event,
    apply_list,
)
from scheduling.services.publish import publish
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_site
from tests.builders.scheduling import a_base_scenario, a_snapshot, a_stored_plan
from tests.builders.vtn import CLIENT, SECRET, a_vtn, an_event, an_interval
from tests.builders.world import a_small_world

START = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(**changes):
    return read_event(an_event(**changes), site="MTY", now=NOW)


def windows(**changes):
    return [(one.start, one.end, one.cap_w) for one in read(**changes).windows]


def test_two_like_hours_are_one_window_of_3600_kilowatts():
    assert windows() == [(START, START + 2 * HOUR, 3_600_000)]


def test_intervals_with_other_caps_are_windows_of_their_own():
    found = windows(intervals=[an_interval(0, 3_600), an_interval(1, 3_000.5)])

    assert found == [
        (START, START + HOUR, 3_600_000),
        (START + HOUR, START + 2 * HOUR, 3_000_500),
    ]


def test_an_interval_may_bring_its_own_period_and_unit():
    own = {"start": "2026-11-25T10:00:00+01:00", "duration": "PT30M"}
    units = [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "MW"}]

    found = windows(
        intervals=[an_interval(0, 3.6, intervalPeriod=own)], payloadDescriptors=units
    )

    start = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert found == [(start, start + HOUR / 2, 3_600_000)]


def test_a_start_of_year_one_is_when_it_was_written_and_for_ever_is_a_year():
    period = {"start": "0001-01-01", "duration": "P9999Y"}

    ((start, end, _),) = windows(intervalPeriod=period, intervals=[an_interval(0, 9)])

    assert start == NOW - HOUR
    assert end - start == timedelta(days=366)


def test_a_randomised_start_is_the_same_each_time_it_is_read_and_within_its_bound():
    period = {
        "start": "2026-11-24T16:00:00Z",
        "duration": "PT1H",
        "randomizeStart": "PT10M",
    }
    shifts = set()
    for number in range(50):
        event = an_event(f"e{number}", intervalPeriod=period)
        first, again = (read_event(event, site="MTY", now=NOW) for _ in range(2))
        assert first == again
        shifts.add(first.windows[0].start - START)

    assert timedelta(0) <= min(shifts) < max(shifts) <= timedelta(minutes=10)
    assert len(shifts) > 25


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"intervals": []}, "intervals"),
        ({"intervals": [an_interval(0, -1)]}, "payloads"),
        ({"intervals": [an_interval(0, math.nan)]}, "payloads"),
        ({"intervals": [an_interval(0, True)]}, "payloads"),
        ({"intervals": [an_interval(0, "3600")]}, "payloads"),
        ({"intervals": [an_interval(0, 1e300)]}, "payloads"),
        ({"intervals": [an_interval(n, 1) for n in range(501)]}, "intervals"),
        ({"intervalPeriod": {"start": "tomorrow", "duration": "PT1H"}}, "start"),
        ({"intervalPeriod": {"start": "2026-11-24T16:00:00"}}, "start"),
        ({"intervalPeriod": {"start": "2226-11-24T16:00:00Z"}}, "start"),
        ({"intervalPeriod": {"start": START.isoformat(), "duration": "-PT1H"}}, "dur"),
        ({"intervalPeriod": {"start": START.isoformat(), "duration": "PT0S"}}, "dur"),
        ({"intervalPeriod": {"start": START.isoformat(), "duration": "1 hour"}}, "dur"),
        ({"intervalPeriod": None}, "intervals/0"),
        ({"priority": -1}, "priority"),
        ({"programID": ""}, "programID"),
        ({"id": "a\0b"}, "id"),
        ({"targets": "site-mty"}, "targets"),
        ({"payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT",
                                  "units": "HORSES"}]}, "units"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_field_and_value(changes, field):
    with pytest.raises(OpenAdrError, match=field):
        read(**changes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*an_event(), "type", "values", "start", "duration"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from([*an_event()]))
def test_no_body_whatever_raises_anything_but_a_refusal(value, field):
    for body in (value, an_event() | {field: value}):
        with suppress(OpenAdrError):
            read_event(body, site="MTY", now=NOW)


# ---- what is stored


@pytest.fixture
def site(db):
    return a_site(code="MTY")


def give(site, event, **options):
    listener = Listener(site=site, target="site-mty")
    return apply_event(event, listener=listener, actor="client:3", now=NOW, **options)


def outcome(site, event, **options):
    return give(site, event, **options).outcome


def later(**changes):
    return an_event(modificationDateTime="2026-11-23T13:30:00Z", **changes)


def test_the_same_signal_three_times_is_one_event(site):
    found = [outcome(site, an_event()) for _ in range(3)]

    assert found == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UNCHANGED]
    row = GridEvent.objects.get()
    assert (row.cap_w, row.priority, row.source) == (3_600_000, 0, "openadr")
    assert Event.objects.filter(kind="grid.event_received").count() == 1


def test_an_older_version_that_comes_late_changes_nothing(site):
    give(site, later(intervals=[an_interval(0, 3_000)]))

    assert outcome(site, an_event()) == Outcome.STALE
    assert GridEvent.objects.get().cap_w == 3_000_000


def test_a_shorter_version_calls_off_what_it_no_longer_asks(site):
    give(site, an_event(intervals=[an_interval(0, 3_600), an_interval(1, 3_000)]))
    give(site, later(intervals=[an_interval(0, 3_600)]))

    states = GridEvent.objects.order_by("starts_at").values_list("state", flat=True)
    assert list(states) == ["announced", "cancelled"]


def test_what_is_gone_from_the_list_is_called_off_and_a_replay_does_not_revive_it(site):
    listener = Listener(site=site, target="site-mty")
    give(site, an_event())

    (dropped,) = apply_list([], listener=listener, actor="system", now=NOW)

    assert dropped.outcome == Outcome.CANCELLED
    assert outcome(site, an_event()) == Outcome.STALE
    assert GridEvent.objects.get().state == "cancelled"
    assert outcome(site, an_event(), listed=True) == Outcome.UPDATED
    assert GridEvent.objects.get().state == "announced"


def test_one_event_that_cannot_be_read_takes_none_of_the_others_along(site):
    listener = Listener(site=site, target="site-mty")
    give(site, an_event("known"))

    found = apply_list(
        [an_event("known", priority="high"), an_event("new")],
        listener=listener,
        actor="system",
        now=NOW,
    )

    assert [one.outcome for one in found] == [Outcome.REFUSED, Outcome.CREATED]
    assert GridEvent.objects.filter(state="announced").count() == 2


def test_an_alert_without_a_number_means_the_emergency_share(site):
    alert = an_interval(0, "Grid emergency", "ALERT_GRID_EMERGENCY")

    give(site, an_event(intervals=[alert]))

    row = GridEvent.objects.get()
    assert (row.cap_w, row.is_emergency) == (2_700_000, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": ["site-elp"]}, "meant for site-elp"),
        ({"intervals": [an_interval(0, 0.2, "PRICE")]}, "carries PRICE"),
        (
            {"intervalPeriod": {"start": "2026-11-01T00:00:00Z", "duration": "PT1H"}},
            "is over",
        ),
    ],
)
def test_what_asks_nothing_of_this_site_is_named_and_left_aside(site, changes, words):
    found = give(site, an_event(**changes))

    assert found.outcome == Outcome.IGNORED
    assert words in found.sentence
    assert not GridEvent.objects.exists()


# ---- what holds


def caps(site):
    return [
        (one.start // 60, one.end // 60, one.limit // 1_000)
        for one in a_snapshot(site).problem.curtailments
    ]


def test_of_one_program_the_higher_priority_holds_where_two_overlap(db):
    site = a_small_world().site
    give(site, an_event("day", priority=5, intervals=[an_interval(0, 3_000)] * 4))
    first = {"start": "2026-11-24T17:00:00Z", "duration": "PT1H"}
    give(
        site, an_event("hour", intervalPeriod=first, intervals=[an_interval(0, 4_000)])
    )

    assert caps(site) == [(26, 27, 3_000), (27, 28, 4_000), (28, 30, 3_000)]


def test_a_subscription_holds_only_while_contact_is_lost(db):
    site = a_small_world().site
    fallback = an_interval(0, 2_500, "IMPORT_CAPACITY_SUBSCRIPTION")
    give(site, an_event(intervals=[fallback]))
    link = GridLink.objects.create(site=site, vtn_url="https://v", client_id="c")

    before = caps(site)
    link.is_lost = True
    link.save()

    assert before == []
    assert caps(site) == [(26, 27, 2_500)]


# ---- pushed to us


def test_a_pushed_event_is_taken_once_and_deleted_by_its_notification(site):
    utility = Caller(sensitive_data=True)
    notice = {"objectType": "EVENT", "operation": "CREATE", "object": later_event()}

    answers = [utility.post("openadr/MTY", notice).json() for _ in range(2)]
    gone = utility.post("openadr/MTY", notice | {"operation": "DELETE"}).json()

    assert [one["outcome"] for one in answers] == ["created", "unchanged"]
    assert gone["outcome"] == "cancelled"
    assert GridEvent.objects.get().state == "cancelled"


def later_event():
    """Return an event of a day that is yet to come, whenever the test runs."""
    return an_event(
        intervalPeriod={
            "start": (timezone.now() + timedelta(days=1)).isoformat(),
            "duration": "PT1H",
        }
    )


@pytest.mark.parametrize("body", [{}, {"operation": "CREATE"}, {"id": "x"}])
def test_a_pushed_body_that_is_no_event_is_a_problem_with_its_field(site, body):
    answer = Caller(sensitive_data=True).post("openadr/MTY", body)

    assert answer.status_code == 422
    assert "OpenADR" in answer.json()["errors"][0]["detail"]
    assert not GridEvent.objects.exists()


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        ({"operation": "EXPLODE"}, "EXPLODE is none of CREATE, UPDATE, DELETE"),
        ({"operation": ["DELETE"]}, "is none of"),
        ({"operation": "DELETE", "object": {}}, "say which event is deleted"),
    ],
)
def test_a_notification_that_says_nothing_known_changes_nothing(site, notice, said):
    utility = Caller(sensitive_data=True)
    utility.post("openadr/MTY", later_event())

    answer = utility.post("openadr/MTY", {"object": later_event()} | notice)

    assert answer.status_code == 422
    assert said in answer.json()["errors"][0]["detail"]
    assert GridEvent.objects.get().state == "announced"


def test_a_push_with_a_wrong_key_is_refused(site):
    caller = Caller(sensitive_data=True)
    caller.key = "rk_wrong"

    assert caller.post("openadr/MTY", later_event()).status_code == 401


# ---- stated over the API


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"},
         "ends_at"),
        ({"cap_w": -1}, "cap_w"),
        ({"cap_w": 4_500_001}, "cap_w"),
        ({"ends_at": "2039-01-01T00:00:00Z"}, "ends_at"),
    ],
)  # fmt: skip
def test_a_cap_nobody_can_keep_is_refused_by_field(site, changes, field):
    start = timezone.now() + timedelta(days=1)
    item = {
        "revision": 1,
        "site": "MTY",
        "name": "Evening",
        "starts_at": start.isoformat(),
        "ends_at": (start + HOUR).isoformat(),
        "cap_w": 3_600_000,
    } | changes

    answer = Caller(sensitive_data=True).put("grid-events/erp:77", item)

    assert answer.status_code in (400, 422)
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{field}"]
    assert not GridEvent.objects.exists()


def test_to_zero_for_a_week_is_taken_as_it_is(site):
    start = timezone.now() + timedelta(days=1)
    item = {
        "revision": 1,
        "site": "MTY",
        "name": "Storm",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(days=7)).isoformat(),
        "cap_w": 0,
    }

    answer = Caller(sensitive_data=True).put("grid-events/erp:78", item)

    assert answer.status_code == 201, answer.json()
    assert GridEvent.objects.get().cap_w == 0


# ---- the server


@pytest.fixture
def vtn(settings):
    with a_vtn() as server:
        settings.OPENADR_PRIVATE_HOSTS = [server.host]
        settings.OPENADR_SECRETS = {"MTY": SECRET}
        yield server


@pytest.fixture
def link(site, vtn):
    return GridLink.objects.create(
        site=site, vtn_url=vtn.url, client_id=CLIENT, target="site-mty"
    )


def poll(clock):
    poller = Poller(clock=lambda: clock)
    poller.work()
    return poller.note_finished(until_all=True)


def test_every_page_of_a_vtns_events_is_read_with_one_token(link, vtn):
    vtn.events = [an_event(f"e{number}") for number in range(101)]

    found = poll(NOW)

    assert len(found) == GridEvent.objects.count() == 101
    assert vtn.tokens == 1
    link.refresh_from_db()
    assert (link.answered_at, link.failure, link.is_lost) == (NOW, "", False)


def test_a_deleted_event_is_called_off_at_the_next_poll(link, vtn):
    vtn.events = [an_event()]
    poll(NOW)
    vtn.events = []

    poll(NOW + timedelta(seconds=30))

    assert GridEvent.objects.get().state == "cancelled"


def test_a_vtn_that_is_away_is_lost_after_five_minutes_and_back_at_the_next_answer(
    link, vtn
):
    poll(NOW)
    vtn.is_away = True
    states = []
    for minutes in (1, 5, 6, 7):
        poll(NOW + timedelta(minutes=minutes))
        link.refresh_from_db()
        states.append(link.is_lost)
    vtn.is_away = False
    poll(NOW + timedelta(minutes=8))

    link.refresh_from_db()
    assert states == [False, False, True, True]
    assert not link.is_lost
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["grid.contact_lost", "grid.contact_back"]


def test_a_wrong_secret_is_a_sentence_and_no_event(link, vtn, settings):
    settings.OPENADR_SECRETS = {"MTY": "wrong"}
    vtn.events = [an_event()]

    with pytest.raises(CommandError, match="no token: it answered 401"):
        call_command("poll_grid")

    assert not GridEvent.objects.exists()


def test_a_site_without_a_secret_says_where_it_belongs(link, settings):
    settings.OPENADR_SECRETS = {}

    with pytest.raises(CommandError, match="OPENADR_SECRETS has no secret for MTY"):
        call_command("poll_grid")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/openadr3", "https://127.0.0.1/", "ftp://vtn"]
)
def test_a_vtn_behind_the_wall_is_not_asked(url):
    with pytest.raises(VtnError, match="may not be asked"):
        Vtn(url=url, client_id="c", secret="s").events()


def test_the_utility_is_told_what_will_be_taken_and_what_could_be_shed(
    db, settings, time_machine
):
    time_machine.move_to(NOW, tick=False)
    world = a_small_world()
    a_base_scenario(world.site)
    plan = a_stored_plan(world.site)
    publish(plan=plan, by=None, actor="system", expected_previous=None)
    with a_vtn() as server:
        settings.OPENADR_PRIVATE_HOSTS = [server.host]
        settings.OPENADR_SECRETS = {world.site.code: SECRET}
        GridLink.objects.create(
            site=world.site, vtn_url=server.url, client_id=CLIENT, target="site-mty"
        )
        server.events = [an_event()]
        poll(NOW)
        poll(NOW + timedelta(minutes=1))

        (report,) = server.reports
    (resource,) = report["resources"]
    first = {one["type"]: one["values"] for one in resource["intervals"][0]["payloads"]}
    assert report["eventID"] == "dyn-1"
    assert len(resource["intervals"]) == 24
    assert first == {"USAGE_FORECAST": [1000.0], "LOAD_SHED_DELTA_AVAILABLE": [0.0]}
