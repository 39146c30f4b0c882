"""Master data in the journal: one event for each row set up, changed or deleted.

Whoever does it, an ERP, an administrator or an import, it is told in the same words, in
the transaction that does it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.db.models import Model

from journal.models import Event
from journal.services import event_of

SITE = "site:"
"""Beginning of a site's scope."""

MODEL = "rack_model:"
"""Beginning of a rack model's scope."""


class Did(StrEnum):
    """What was done to a row; the end of its event's kind."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


def told(
    row: Model,
    did: Did,
    *,
    actor: str,
    name: str = "",
    cause: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Event:
    """Return the unsaved event about a row; a deletion is the change feed's tombstone.

    It is named after the row's table: ``power_bay.changed``. What belongs to a site or
    to a rack model has that as its scope, so that a row that is gone can be placed.

    Args:
        row: With its key: saved, or about to be deleted.
        did: What was done to it.
        actor: ``user:12``, ``client:3`` or ``system``.
        name: Of the row, for people; empty: as the row says.
        cause: What led to it.
        before: The values that were, of what changed.
        after: The values that are.
    """
    one = str(row._meta.verbose_name)  # noqa: SLF001 - Django's documented door
    return event_of(
        kind=f"{one.replace(' ', '_')}.{did}",
        about=row,
        actor=actor,
        scope=_scope_of(row),
        cause=cause,
        summary=f"{one.capitalize()} {(name or str(row))[:100]} {did}",
        before=None if before is None else plain(before),
        after=None if after is None else plain(after),
    )


def _scope_of(row: Model) -> str:
    """Return the site or rack model a row belongs to; empty if it belongs to none."""
    owner = row if hasattr(row, "site_id") else getattr(row, "calendar", None)
    if site := getattr(owner, "site_id", None):
        return f"{SITE}{site}"
    model = getattr(row, "rack_model_id", None)
    return f"{MODEL}{model}" if model else ""


def site_in(scope: str) -> int | None:
    """Return the key of the site a scope names, if it names one."""
    key = scope.removeprefix(SITE)
    return int(key) if key != scope and key.isdecimal() else None


def values_of(row: Model) -> dict[str, Any]:
    """Return every column of a row but its key; of another row its key."""
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # noqa: SLF001
        if not field.primary_key
    }


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as an event keeps them: rows as keys, other things as text."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - of any column
    """Return one value as an event keeps it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, Iterable):
        return sorted((_plain(one) for one in value), key=str)
    return str(value)
