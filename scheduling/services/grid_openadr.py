"""OpenADR events on their way to a site's caps: once each, in any order, by priority.

A poll is the server's whole list: what is not in it is called off. A push is one
event: an older one than is known changes nothing, and what was called off stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from factory.models import Site
from scheduling.errors import OpenAdrError
from scheduling.models import GridEvent
from scheduling.openadr.events import Statement, Window, key_of, read_event
from scheduling.services.grid import announce, contract_of

FULL_PERCENT = 100


class Outcome(StrEnum):
    """What became of one event."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"
    IGNORED = "ignored"
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of one event, in words.

    Attributes:
        key: The event's id; empty where even that cannot be read.
        outcome: In one word.
        sentence: In one sentence.
    """

    key: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Whom events are read for.

    Attributes:
        site: The site.
        target: Its name in the program; empty: every event is meant for it.
        program: Events of other programs are left aside; empty: all are taken.
    """

    site: Site
    target: str = ""
    program: str = ""


def apply_event(
    body: object, *, listener: Listener, actor: str, now: datetime, listed: bool = False
) -> Applied:
    """Read one event and bring the site's caps to what it says.

    Args:
        body: Parsed JSON of an event.
        listener: Whom it is read for.
        actor: ``client:3`` or ``system``.
        now: The present.
        listed: Whether it stands in the server's own list, which is always right.
    """
    try:
        statement = read_event(body, site=listener.site.code, now=now)
    except OpenAdrError as error:
        return Applied(key=_key(body), outcome=Outcome.REFUSED, sentence=str(error))
    if reason := _not_ours(statement, listener, now):
        return Applied(key=statement.key, outcome=Outcome.IGNORED, sentence=reason)
    return _apply(statement, listener.site, actor=actor, now=now, listed=listed)


@transaction.atomic
def drop_event(key: str, *, site: Site, actor: str) -> Applied:
    """Call off what an event asked for: the server has deleted it."""
    rows = [row for row in _rows(site, key) if not row.is_cancelled]
    for row in rows:
        row.state = GridEvent.State.CANCELLED
        announce(event=row, actor=actor)
    if not rows:
        return Applied(
            key=key, outcome=Outcome.UNCHANGED, sentence=f"{key} asks for nothing here."
        )
    return Applied(
        key=key, outcome=Outcome.CANCELLED, sentence=f"{rows[0].name} is called off."
    )


def apply_list(
    bodies: Sequence[object], *, listener: Listener, actor: str, now: datetime
) -> list[Applied]:
    """Bring a site's caps to the server's whole list.

    One event that cannot be read changes nothing of the others, and keeps what was
    known of it.
    """
    found = [
        apply_event(body, listener=listener, actor=actor, now=now, listed=True)
        for body in bodies
    ]
    named = {one.key for one in found}
    known = GridEvent.objects.filter(
        site=listener.site,
        source=GridEvent.Source.OPENADR,
        state=GridEvent.State.ANNOUNCED,
        ends_at__gt=now,
    )
    gone = {root_of(row) for row in known} - named
    found += [drop_event(key, site=listener.site, actor=actor) for key in sorted(gone)]
    return found


def root_of(row: GridEvent) -> str:
    """Return the id of the event a row is a stretch of."""
    return row.external_id.removeprefix("openadr:").rpartition("#")[0]


def _not_ours(statement: Statement, listener: Listener, now: datetime) -> str:
    """Return why an event asks nothing of a site, or nothing."""
    if listener.program and statement.program != listener.program:
        return f"{statement.name} is of program {statement.program}."
    if statement.targets and listener.target not in ("", *statement.targets):
        return f"{statement.name} is meant for {', '.join(statement.targets)[:80]}."
    if not statement.windows:
        kinds = ", ".join(statement.unknown)[:120] or "nothing"
        return f"{statement.name} carries {kinds}: nothing to obey."
    if all(window.end <= now for window in statement.windows):
        return f"{statement.name} is over."
    return ""


@transaction.atomic
def _apply(
    statement: Statement, site: Site, *, actor: str, now: datetime, listed: bool
) -> Applied:
    """Write a statement's windows as rows, one each; call off those that are gone."""
    # One writer a site: two deliveries of one event must not both create it.
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    known = {row.external_id: row for row in _rows(site, statement.key)}
    if known and _is_stale(statement, list(known.values()), listed=listed):
        return Applied(
            key=statement.key,
            outcome=Outcome.STALE,
            sentence=f"{statement.name} is older than what is known.",
        )
    emergency_w = (
        site.contracted_import_w * contract_of(site).emergency_percent // FULL_PERCENT
    )
    changed = 0
    wanted = set()
    for number, window in enumerate(statement.windows):
        external_id = f"openadr:{statement.key}#{number}"
        wanted.add(external_id)
        is_new = external_id not in known
        row = known.get(external_id) or GridEvent(
            site=site, external_id=external_id, received_at=now
        )
        before = _said(row)
        _write(row, statement, window, emergency_w)
        if is_new or _said(row) != before:
            announce(event=row, actor=actor)
            changed += 1
        else:
            row.save(update_fields=["stated_at"])
    for external_id in known.keys() - wanted:
        row = known[external_id]
        if not row.is_cancelled:
            row.state = GridEvent.State.CANCELLED
            announce(event=row, actor=actor)
            changed += 1
    return _told(statement, is_new=not known, changed=changed)


def _told(statement: Statement, *, is_new: bool, changed: int) -> Applied:
    """Return what became of a statement."""
    outcome = Outcome.UNCHANGED
    if changed:
        outcome = Outcome.CREATED if is_new else Outcome.UPDATED
    aside = f" Left aside: {', '.join(statement.unknown)}." if statement.unknown else ""
    return Applied(
        key=statement.key,
        outcome=outcome,
        sentence=f"{statement.name} is {outcome.value}.{aside}",
    )


def _is_stale(statement: Statement, rows: Sequence[GridEvent], *, listed: bool) -> bool:
    """Return whether something newer is known already."""
    newest = max(row.stated_at for row in rows if row.stated_at is not None)
    if statement.stated_at < newest:
        return True
    is_off = all(row.is_cancelled for row in rows)
    return is_off and not listed and statement.stated_at <= newest


def _write(
    row: GridEvent, statement: Statement, window: Window, emergency_w: int
) -> None:
    """Write what a window says on a row, in memory."""
    kinds = GridEvent.Kind
    cap_w = emergency_w if window.cap_w is None else window.cap_w
    row.state = row.state_until(window.end) if row.pk else GridEvent.State.ANNOUNCED
    row.name = statement.name
    row.kind = kinds.SUBSCRIPTION if window.is_subscription else kinds.CURTAILMENT
    row.source = GridEvent.Source.OPENADR
    row.program = statement.program
    row.priority = statement.priority
    row.stated_at = statement.stated_at
    row.starts_at = window.start
    row.ends_at = window.end
    row.cap_w = cap_w
    row.is_emergency = window.is_emergency


def _said(row: GridEvent) -> tuple[object, ...]:
    """Return what a statement can change, but for its own time."""
    return (
        row.name,
        row.kind,
        row.program,
        row.priority,
        row.starts_at,
        row.ends_at,
        row.cap_w,
        row.is_emergency,
        row.state,
    )


def _rows(site: Site, key: str) -> list[GridEvent]:
    rows = GridEvent.objects.filter(
        site=site, external_id__startswith=f"openadr:{key}#"
    ).select_related("site")
    # The id of another event may begin with this one's.
    return [row for row in rows if root_of(row) == key]


def _key(body: object) -> str:
    found = body.get("id") if isinstance(body, dict) else None
    return key_of(found) if isinstance(found, str) else ""
