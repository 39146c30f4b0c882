"""Events get one order: no number twice, none left out, none changed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from journal.models import Event
from journal.sequencing import sequence
from tests.builders.journal import an_event

WAIT_S = 50.0
"""Less than a transaction may stand idle."""

postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"
)


@pytest.mark.django_db
def test_events_are_numbered_from_one_in_the_order_of_their_ids():
    first, second, third = an_event(), an_event(), an_event()

    numbered = sequence(limit=10)

    assert numbered == 3
    assert list(Event.objects.sequenced().values_list("pk", "seq")) == [
        (first.pk, 1),
        (second.pk, 2),
        (third.pk, 3),
    ]


@pytest.mark.django_db
def test_a_limit_leaves_the_newest_events_for_the_next_time():
    events = [an_event() for _ in range(5)]

    assert sequence(limit=3) == 3
    assert sequence(limit=3) == 2
    assert sequence(limit=3) == 0
    assert [Event.objects.get(pk=event.pk).seq for event in events] == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_an_event_committed_late_goes_on_where_the_order_stands():
    an_event()
    sequence(limit=10)
    late = an_event()

    sequence(limit=10)

    assert Event.objects.get(pk=late.pk).seq == 2


@pytest.mark.django_db(transaction=True)
def test_a_quiet_journal_is_not_locked(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert sequence(limit=10) == 0


@pytest.mark.django_db(transaction=True)
@postgresql_only
def test_an_event_with_a_lower_id_that_commits_later_gets_the_higher_number():
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> int:
        with transaction.atomic():
            event = an_event(object_id="slow")
            written.set()
            may_commit.wait(WAIT_S)
        connection.close()
        return event.pk

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert written.wait(WAIT_S)
        quick = an_event(object_id="quick")
        sequence(limit=10)
        may_commit.set()
        slow_id = slow.result()
    sequence(limit=10)

    assert slow_id < quick.pk
    assert list(Event.objects.sequenced().values_list("object_id", "seq")) == [
        ("quick", 1),
        ("slow", 2),
    ]


@pytest.mark.django_db(transaction=True)
def test_dispatchers_side_by_side_number_each_event_once_without_a_gap():
    writers, dispatchers, events_each = 3, 4, 40
    all_written = threading.Event()

    def write() -> None:
        for _ in range(events_each):
            an_event()
        connection.close()

    def dispatch() -> int:
        numbered = 0
        while True:
            is_last_look = all_written.is_set()
            found = sequence(limit=7)
            numbered += found
            if is_last_look and not found:
                connection.close()
                return numbered

    with ThreadPoolExecutor(writers + dispatchers) as pool:
        counts = [pool.submit(dispatch) for _ in range(dispatchers)]
        for writing in [pool.submit(write) for _ in range(writers)]:
            writing.result()
        all_written.set()
        total = sum(count.result() for count in counts)

    assert total == writers * events_each
    assert list(Event.objects.sequenced().values_list("seq", flat=True)) == list(
        range(1, writers * events_each + 1)
    )
