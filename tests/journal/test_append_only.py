"""History cannot be edited or erased: the database itself refuses."""

import pytest
from django.db import IntegrityError, connection, transaction

from journal.models import Event
from tests.builders.journal import an_event, numbered_events

REFUSAL = "journal_event is append-only"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "column", ["kind", "actor", "scope", "summary", "object_id", "cause", "request_id"]
)
def test_an_events_words_are_never_changed(column):
    event = an_event()

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**{column: "another"})

    assert getattr(Event.objects.get(pk=event.pk), column) == getattr(event, column)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["before", "after"])
def test_an_events_facts_are_never_changed(column):
    event = an_event(**{column: {"quantity": 1}})

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**{column: {"quantity": 2}})


@pytest.mark.django_db
def test_an_event_is_never_erased():
    event = an_event()

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        event.delete()

    assert Event.objects.filter(pk=event.pk).exists()


@pytest.mark.django_db
def test_plain_sql_is_refused_too():
    an_event()

    with (
        pytest.raises(IntegrityError, match=REFUSAL),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM journal_event")


@pytest.mark.django_db
def test_a_number_is_given_once_and_never_changed():
    (event,) = numbered_events(1)

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seq=2)

    assert Event.objects.get(pk=event.pk).seq == 1


@pytest.mark.django_db
def test_a_number_is_never_taken_back():
    (event,) = numbered_events(1)

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seq=None)


@pytest.mark.django_db
def test_a_number_cannot_smuggle_in_another_change():
    event = an_event()

    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seq=1, actor="user:1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"kind": ""}, "event_kind_given"),
        ({"actor": ""}, "event_actor_given"),
        ({"seq": 0}, "event_seq_positive"),
    ],
)
def test_an_event_says_what_and_who(changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        an_event(**changes)
