"""Writing to the journal: the one way to say that something happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from journal.models import Event
from journal.setwise import insert_rows

BATCH = 1_000


def record(
    *,
    kind: str,
    about: models.Model,
    actor: str,
    scope: str = "",
    cause: str = "",
    summary: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    request_id: str = "",
) -> Event:
    """Append one event in the caller's transaction. One INSERT; see ``event_of``."""
    event = event_of(
        kind=kind,
        about=about,
        actor=actor,
        scope=scope,
        cause=cause,
        summary=summary,
        before=before,
        after=after,
        request_id=request_id,
    )
    event.save(force_insert=True)
    return event


def event_of(
    *,
    kind: str,
    about: models.Model,
    actor: str,
    scope: str = "",
    cause: str = "",
    summary: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    request_id: str = "",
) -> Event:
    """Return an unsaved event, for those who append many at once.

    Args:
        kind: Dotted name, object first: ``commitment.changed``.
        about: The saved object it is about.
        actor: ``user:12``, ``client:3`` or ``system``.
        scope: The tenant that may see it, such as ``supplier:17``; empty: staff only.
        cause: What led to it, such as ``run:5`` or ``event:81``.
        summary: One plain sentence for people, without a full stop.
        before: The facts that were; immutable once written.
        after: The facts that are.
        request_id: Of the HTTP request, if one caused it.
    """
    return Event(
        kind=kind,
        object_type=about._meta.model_name or "",  # noqa: SLF001
        object_id=str(about.pk),
        actor=actor,
        scope=scope,
        cause=cause,
        summary=summary,
        before=before,
        after=after,
        request_id=request_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One event to be, as ``record`` takes it."""

    kind: str
    about: models.Model
    actor: str
    scope: str = ""
    cause: str = ""
    summary: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    request_id: str = ""


def record_many(facts: Iterable[Fact]) -> None:
    """Append many events in the caller's transaction. One INSERT a thousand."""
    append_events(
        [
            event_of(
                kind=fact.kind,
                about=fact.about,
                actor=fact.actor,
                scope=fact.scope,
                cause=fact.cause,
                summary=fact.summary,
                before=fact.before,
                after=fact.after,
                request_id=fact.request_id,
            )
            for fact in facts
        ]
    )


def append_events(events: Sequence[Event]) -> None:
    """Append events made by ``event_of`` in the caller's transaction.

    One INSERT a thousand.
    """
    insert_rows(events, batch_size=BATCH)
