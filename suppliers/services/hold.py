"""Taking hold of one commitment, and moving it: the lock and the table of moves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet
from django.utils.translation import gettext

from factory.models import Part
from journal.services import record
from journal.setwise import update_rows
from suppliers import sentences
from suppliers.errors import IllegalMoveError, StaleCommitmentError
from suppliers.ledger import (
    MOVES,
    STANDING,
    Delivery,
    Promise,
    State,
    Verb,
    outstanding,
)
from suppliers.models import (
    Commitment,
    CommitRevision,
    PurchaseOrder,
    PurchaseOrderLine,
)

EVENT_SUMMARY_MAX = 300


@dataclass(slots=True, kw_only=True)
class Held:
    """One line and its commitment, locked until the transaction ends.

    Attributes:
        line: With order, supplier, site and part.
        commitment: With its current revision.
        now: The moment of the change, aware.
        promise: What stands and is still to come; empty if nothing stands.
    """

    line: PurchaseOrderLine
    commitment: Commitment
    now: datetime
    promise: Promise

    @property
    def name(self) -> str:
        """Return what people call the line, in the reader's language."""
        return sentences.line_words(self.line)

    @property
    def today(self) -> date:
        """Return the date at the receiving site."""
        zone = ZoneInfo(self.line.purchase_order.site.zone)
        return self.now.astimezone(zone).date()

    @property
    def ordered_on(self) -> date:
        """Return the date of the order at the receiving site."""
        order = self.line.purchase_order
        return order.ordered_at.astimezone(ZoneInfo(order.site.zone)).date()

    @property
    def part_coming(self) -> Part:
        """Return the part that is expected: the alternate promised, or that ordered."""
        current = self.commitment.current
        if self.commitment.stands_in and current is not None and current.substitute:
            return current.substitute
        return self.line.part

    def after(self, verb: Verb) -> State:
        """Return the state a verb leads to.

        Raises:
            IllegalMoveError: If it leads nowhere from here.
        """
        state = State(self.commitment.state)
        if state not in MOVES[verb]:
            raise IllegalMoveError(self.name, gettext(verb), state.label.lower())
        return MOVES[verb][state]

    def facts(self) -> dict[str, Any]:
        """Return what an event keeps of the commitment."""
        return {
            "state": str(self.commitment.state),
            "version": self.commitment.version,
            "tranches": [
                {"quantity": delivery.quantity, "dock_date": delivery.on.isoformat()}
                for delivery in self.promise
            ],
            "substitute": self.commitment.stands_in,
            "word_by": _iso(self.commitment.word_by),
            "received": self.line.received,
        }


def hold(*, line_id: int, now: datetime, expected_version: int | None = None) -> Held:
    """Lock a line and load its commitment. At most three queries.

    Every change of the ledger begins here, so the line's row is the one lock. The
    caller has opened a transaction.

    Args:
        line_id: Key of a line that has a commitment.
        now: The moment of the change, aware.
        expected_version: The version the change was decided on; None where the change
            is a fact that holds whatever was answered, such as a receipt.

    Raises:
        StaleCommitmentError: If somebody changed the commitment since.
    """
    line = (
        PurchaseOrderLine.objects.for_staff()
        .select_for_update(of=("self",))
        .select_related("purchase_order__supplier", "purchase_order__site", "part")
        .get(pk=line_id)
    )
    commitment = (
        Commitment.objects.for_staff()
        .select_related("current__substitute")
        .get(line=line)
    )
    if expected_version is not None and commitment.version != expected_version:
        raise StaleCommitmentError(
            sentences.line_words(line), expected_version, commitment.version
        )
    promise = standing_promise(commitment, line)
    return Held(line=line, commitment=commitment, now=now, promise=promise)


def hold_all(*, line_ids: Collection[int], now: datetime) -> dict[int, Held]:
    """Lock many lines as ``hold`` locks one, in the order of their keys. Six queries.

    The caller has opened a transaction.
    """
    rows = PurchaseOrderLine.objects.for_staff().filter(pk__in=list(line_ids))
    lines = lines_with_orders(rows.select_for_update(of=("self",)))
    commitments = (
        Commitment.objects.for_staff()
        .filter(line__in=lines)
        .select_related("current__substitute")
        .prefetch_related("current__tranches")
    )
    return {
        commitment.line_id: Held(
            line=lines[commitment.line_id],
            commitment=commitment,
            now=now,
            promise=standing_promise(commitment, lines[commitment.line_id]),
        )
        for commitment in commitments
    }


def lines_with_orders(
    rows: QuerySet[PurchaseOrderLine],
) -> dict[int, PurchaseOrderLine]:
    """Return lines by key, in its order, with order, supplier, site and part.

    Three queries: thousands of lines share their orders and parts, which a join would
    read and make anew for each.
    """
    lines = {line.pk: line for line in rows.order_by("pk")}
    orders = (
        PurchaseOrder.objects.for_staff()
        .select_related("supplier", "site")
        .in_bulk({line.purchase_order_id for line in lines.values()})
    )
    parts = Part.objects.in_bulk({line.part_id for line in lines.values()})
    for line in lines.values():
        line.purchase_order = orders[line.purchase_order_id]
        line.part = parts[line.part_id]
    return lines


def standing_promise(commitment: Commitment, line: PurchaseOrderLine) -> Promise:
    """Return what is promised and still to come. At most one query."""
    if commitment.current is None or commitment.state not in STANDING:
        return ()
    return still_to_come(commitment.current, line)


def still_to_come(revision: CommitRevision, line: PurchaseOrderLine) -> Promise:
    """Return what has not been received of a revision's promise. One query."""
    since = line.received - revision.received_quantity
    return outstanding(promise_of(revision), since)


def promise_of(revision: CommitRevision) -> Promise:
    """Return a revision's tranches as deliveries by date. One query."""
    return tuple(
        sorted(Delivery(row.dock_date, row.quantity) for row in revision.tranches.all())
    )


def change(held: Held, **values: Any) -> None:
    """Write new values to the commitment and raise its version. One query."""
    values.setdefault("changed_at", held.now)
    for field, value in values.items():
        setattr(held.commitment, field, value)
    held.commitment.version += 1
    written = (
        Commitment.objects.for_staff()
        .filter(pk=held.commitment.pk, version=held.commitment.version - 1)
        .update(version=F("version") + 1, **values)
    )
    if not written:
        raise StaleCommitmentError(
            held.name, held.commitment.version - 1, held.commitment.version
        )


def change_all(changes: Sequence[tuple[Held, State]]) -> None:
    """Move many commitments, held by ``hold_all``, as ``change`` moves one."""
    for held, state in changes:
        held.commitment.state = state
        held.commitment.changed_at = held.now
        held.commitment.version += 1
    update_rows(
        [held.commitment for held, _ in changes], ["state", "changed_at", "version"]
    )


def tell(
    held: Held,
    *,
    kind: str,
    actor: str,
    summary: str,
    before: dict[str, Any],
    cause: str = "",
    request_id: str = "",
) -> None:
    """Append the event about a changed commitment. One query."""
    record(
        kind=kind,
        about=held.commitment,
        actor=actor,
        scope=held.line.purchase_order.supplier.scope,
        cause=cause,
        request_id=request_id,
        summary=summary[:EVENT_SUMMARY_MAX],
        before=before,
        after=held.facts(),
    )


def _iso(day: date | None) -> str | None:
    """Return a date as text for an event."""
    return day.isoformat() if day else None
