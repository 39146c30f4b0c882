"""A grid event that is over has ended: told once, and stated again it stays so."""

from datetime import timedelta

import pytest
import time_machine

from journal.models import Event
from scheduling.models import GridEvent
from scheduling.services.grid import call_off, end_past
from tests.builders.api import Caller
from tests.builders.factory import NOW, a_site
from tests.builders.scheduling import a_grid_event

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def ends():
    return Event.objects.filter(kind="grid.event_ended").order_by("pk")


def test_what_is_over_ends_once_and_what_goes_on_or_was_called_off_does_not():
    site = a_site()
    over = a_grid_event(site, starts_at=NOW - 4 * HOUR, ends_at=NOW, name="Peak")
    a_grid_event(site, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    off = a_grid_event(site, starts_at=NOW - 4 * HOUR, ends_at=NOW)
    call_off(event=off, actor="user:1")

    assert [end_past(now=NOW), end_past(now=NOW)] == [1, 0]
    over.refresh_from_db()
    assert over.state == GridEvent.State.ENDED
    (told,) = ends()
    assert (told.object_id, told.summary) == (str(over.pk), "Peak is over")
    assert told.scope == f"site:{site.pk}"


def test_an_ended_event_stated_again_is_unchanged_and_a_longer_one_is_announced():
    site = a_site()
    erp = Caller(sensitive_data=True)
    item = {
        "revision": 1,
        "site": site.code,
        "name": "Peak",
        "starts_at": (NOW + HOUR).isoformat(),
        "ends_at": (NOW + 2 * HOUR).isoformat(),
        "cap_percent": 80,
    }
    with time_machine.travel(NOW, tick=False):
        erp.put("grid-events/erp:77", item)
    end_past(now=NOW + 3 * HOUR)

    with time_machine.travel(NOW + 3 * HOUR, tick=False):
        again = erp.put("grid-events/erp:77", item)
        longer = erp.put(
            "grid-events/erp:77",
            item | {"revision": 2, "ends_at": (NOW + 5 * HOUR).isoformat()},
        )

    assert (again.headers["Rackline-Outcome"], again.json()["state"]) == (
        "unchanged",
        "ended",
    )
    assert longer.json()["state"] == "announced"
    assert end_past(now=NOW + 5 * HOUR) == 1
    assert ends().count() == 2
