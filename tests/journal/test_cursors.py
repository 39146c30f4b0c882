"""A consumer is shown every event once, in order, from its own place."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from journal.cursors import Consumer, advance, consume, read_after
from journal.models import Cursor
from tests.builders.journal import an_event, numbered_events


def seqs(events):
    return [event.seq for event in events]


@pytest.mark.django_db
def test_a_new_consumer_begins_at_the_first_event():
    numbered_events(3)

    reading = read_after("feed", limit=2)

    assert reading.since == 0
    assert seqs(reading.events) == [1, 2]
    assert reading.until == 2


@pytest.mark.django_db
def test_events_without_a_number_are_not_shown():
    numbered_events(1)
    an_event()

    assert seqs(read_after("feed", limit=10).events) == [1]


@pytest.mark.django_db
def test_each_consumer_keeps_its_own_place():
    numbered_events(3)

    assert advance("feed", since=0, until=2) is False
    read_after("feed", limit=1)
    assert advance("feed", since=0, until=2) is True

    assert seqs(read_after("feed", limit=10).events) == [3]
    assert seqs(read_after("replan", limit=10).events) == [1, 2, 3]


@pytest.mark.django_db
def test_a_place_that_has_moved_meanwhile_is_left_alone():
    numbered_events(3)
    read_after("feed", limit=3)
    advance("feed", since=0, until=3)

    assert advance("feed", since=0, until=1) is False
    assert Cursor.objects.get(consumer="feed").seq == 3


@pytest.mark.django_db
def test_a_consumer_deals_with_its_events_in_portions():
    numbered_events(5)
    seen = []
    consumer = Consumer(name="feed", handle=lambda events: seen.append(seqs(events)))

    dealt = [consume(consumer, limit=2) for _ in range(4)]

    assert dealt == [2, 2, 1, 0]
    assert seen == [[1, 2], [3, 4], [5]]


@pytest.mark.django_db
def test_what_a_consumer_cannot_deal_with_is_shown_again():
    numbered_events(2)

    def refuse(events):
        an_event(kind="order.changed")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        consume(Consumer(name="feed", handle=refuse), limit=10)

    assert seqs(read_after("feed", limit=10).events) == [1, 2]
    assert numbered_events(1)[0].seq == 3


@pytest.mark.django_db(transaction=True)
def test_two_processes_of_one_consumer_deal_with_each_event_once():
    numbered_events(60)
    seen = []
    consumer = Consumer(name="feed", handle=lambda events: seen.extend(seqs(events)))

    def work():
        while read_after("feed", limit=1).events:
            consume(consumer, limit=7)
        connection.close()

    read_after("feed", limit=1)
    with ThreadPoolExecutor(3) as pool:
        for worker in [pool.submit(work) for _ in range(3)]:
            worker.result()

    assert sorted(seen) == list(range(1, 61))


@pytest.mark.django_db
def test_a_place_never_lies_before_the_first_event():
    with pytest.raises(IntegrityError, match="cursor_seq_range"), transaction.atomic():
        Cursor.objects.create(consumer="feed", seq=-1)
