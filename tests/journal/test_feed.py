"""A tenant's feed holds what concerns it, and nothing else."""

import pytest

from journal.queries import feed
from tests.builders.journal import an_event, numbered_events


@pytest.mark.django_db
def test_staff_read_everything_after_their_place():
    numbered_events(1)
    numbered_events(1, scope="supplier:1")
    numbered_events(1, scope="supplier:2")

    assert list(feed(after=1).values_list("seq", flat=True)) == [2, 3]


@pytest.mark.django_db
def test_a_tenant_reads_its_own_events_only():
    numbered_events(1)
    numbered_events(1, scope="supplier:1")
    numbered_events(1, scope="supplier:11")

    rows = feed(after=0, scopes={"supplier:1"})

    assert [event.scope for event in rows] == ["supplier:1"]


@pytest.mark.django_db
def test_a_reader_without_a_tenant_reads_nothing():
    numbered_events(2)
    numbered_events(2, scope="supplier:1")

    assert list(feed(after=0, scopes=set())) == []


def test_the_staffs_scope_is_refused_to_a_tenant():
    with pytest.raises(ValueError, match="empty scope is for staff"):
        feed(after=0, scopes={"supplier:1", ""})


@pytest.mark.django_db
def test_an_event_without_a_number_is_in_no_feed():
    an_event(scope="supplier:1")

    assert list(feed(after=0)) == []
    assert list(feed(after=0, scopes={"supplier:1"})) == []
