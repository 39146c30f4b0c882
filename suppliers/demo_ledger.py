"""Writing many ledgers at once: what was asked, said and received, as rows.

The kinds of answers, positions and states follow from the ledger's own rules, so a
bulk-written ledger is one that answers through the portal could have written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from factory.models import Part, Site, StockLot
from suppliers.ledger import (
    MOVES,
    Delivery,
    Entry,
    Kind,
    Promise,
    State,
    Verb,
    kind_of,
    replay,
)
from suppliers.models import (
    Commitment,
    CommitRevision,
    LineNeed,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    RequestChange,
    Supplier,
    Tranche,
)
from suppliers.sentences import line_name

BATCH = 1_000
DOCKED_AT = time(17)
LINES_AN_ORDER = 3


@dataclass(slots=True, kw_only=True)
class Saying:
    """One answer: a promise, or a kind without one.

    Attributes:
        at: When it was said, aware.
        promise: By date; empty for a kind without one.
        kind: Only for an answer without a promise.
        reason: Reason code, empty if none is needed.
        asked_for: The dock date asked for then, if it has changed since.
        word_by: Day of the next word, for "cannot say yet".
        by_buyer: Whether it follows the buyer's own change.
    """

    at: datetime
    promise: Promise = ()
    kind: Kind | None = None
    reason: str = ""
    asked_for: date | None = None
    word_by: date | None = None
    by_buyer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A change of the dock date by the buyer."""

    at: datetime
    need_by_before: date
    need_by_after: date


@dataclass(slots=True, kw_only=True)
class Book:
    """One line and all that happened to it.

    Attributes:
        supplier: Who is asked.
        user_id: Who answers.
        part: What for.
        quantity: Pieces asked for.
        need_by: Dock date asked for now.
        ordered_at: Aware; lines of one supplier ordered together share an order.
        acknowledged_at: When it was seen, if that was said.
        sayings: Answers, oldest first.
        arrivals: What came, oldest first.
        changes: What the buyer changed, oldest first; ``need_by`` is the newest.
        needed_by_racks: Racks that use pieces of it, 0 if unknown.
    """

    supplier: Supplier
    user_id: int
    part: Part
    quantity: int
    need_by: date
    ordered_at: datetime
    acknowledged_at: datetime | None = None
    sayings: list[Saying] = field(default_factory=list)
    arrivals: list[Delivery] = field(default_factory=list)
    changes: list[Asking] = field(default_factory=list)
    needed_by_racks: int = 0


def write(
    site: Site, books: Sequence[Book], *, first_number: int, at: datetime
) -> list[Commitment]:
    """Write orders, lines and ledgers in bulk; return commitments in the same order.

    Args:
        site: The receiving site.
        books: What to write.
        first_number: Purchase orders are numbered from ``4500-<first_number>`` on.
        at: When receipts are recorded, aware.
    """
    lines = _lines(_orders(site, books, first_number), books)
    commitments = Commitment.objects.bulk_create(
        (_commitment(line, book) for line, book in zip(lines, books, strict=True)),
        batch_size=BATCH,
    )
    _revisions(commitments, books)
    _receipts(site, zip(lines, books, strict=True), at)
    RequestChange.objects.bulk_create(_changes(lines, books), batch_size=BATCH)
    LineNeed.objects.bulk_create(_needs(lines, books), batch_size=BATCH)
    return commitments


def _receipts(
    site: Site, booked: Iterable[tuple[PurchaseOrderLine, Book]], at: datetime
) -> None:
    """Write what came, each delivery with the lot it was; racks have used it up."""
    zone = ZoneInfo(site.zone)
    came = [
        (line, number, arrival)
        for line, book in booked
        for number, arrival in enumerate(book.arrivals, start=1)
    ]
    lots = StockLot.objects.bulk_create(
        (
            StockLot(
                site=site,
                part_id=line.part_id,
                lot=f"{line.purchase_order.number}/{line.number}-{number}",
                quantity=arrival.quantity,
                issued=arrival.quantity,
                received_at=datetime.combine(arrival.on, DOCKED_AT, zone),
                source=line_name(line),
            )
            for line, number, arrival in came
        ),
        batch_size=BATCH,
    )
    Receipt.objects.bulk_create(
        (
            Receipt(
                line=line,
                quantity=arrival.quantity,
                received_on=arrival.on,
                recorded_at=at,
                lot=lot,
            )
            for (line, _, arrival), lot in zip(came, lots, strict=True)
        ),
        batch_size=BATCH,
    )


def _orders(
    site: Site, books: Sequence[Book], first_number: int
) -> list[tuple[PurchaseOrder, int]]:
    """Write the orders; return each book's order and its line number in it."""
    numbered: list[tuple[PurchaseOrder, int]] = []
    open_orders: dict[tuple[int, datetime], tuple[PurchaseOrder, int]] = {}
    orders: list[PurchaseOrder] = []
    for book in books:
        key = (book.supplier.pk, book.ordered_at)
        order, count = open_orders.get(key, (None, LINES_AN_ORDER))
        if order is None or count == LINES_AN_ORDER:
            order, count = (
                PurchaseOrder(
                    number=f"4500-{first_number + len(orders)}",
                    supplier=book.supplier,
                    site=site,
                    ordered_at=book.ordered_at,
                ),
                0,
            )
            orders.append(order)
        open_orders[key] = (order, count + 1)
        numbered.append((order, 10 * (count + 1)))
    PurchaseOrder.objects.bulk_create(orders, batch_size=BATCH)
    return numbered


def _lines(
    numbered: Iterable[tuple[PurchaseOrder, int]], books: Sequence[Book]
) -> list[PurchaseOrderLine]:
    """Write the lines, with what has come."""
    return PurchaseOrderLine.objects.bulk_create(
        (
            _line(order, number, book)
            for (order, number), book in zip(numbered, books, strict=True)
        ),
        batch_size=BATCH,
    )


def _line(order: PurchaseOrder, number: int, book: Book) -> PurchaseOrderLine:
    """Return one unsaved line."""
    received = sum(arrival.quantity for arrival in book.arrivals)
    is_complete = received >= book.quantity
    states = PurchaseOrderLine.State
    return PurchaseOrderLine(
        purchase_order=order,
        number=number,
        part=book.part,
        quantity=book.quantity,
        received=received,
        received_in_full_on=book.arrivals[-1].on if is_complete else None,
        need_by=book.need_by,
        price_cents=book.part.price_cents,
        state=states.CLOSED if is_complete else states.OPEN,
    )


def _commitment(line: PurchaseOrderLine, book: Book) -> Commitment:
    """Return one unsaved commitment; its state waits for its revisions."""
    said = [saying.at for saying in book.sayings]
    acknowledged_at = book.acknowledged_at
    if acknowledged_at is None:
        silent = [saying.at for saying in book.sayings if saying.word_by]
        acknowledged_at = silent[0] if silent else None
    return Commitment(
        line=line,
        word_by=book.sayings[-1].word_by if book.sayings else None,
        acknowledged_at=acknowledged_at,
        version=1 + len(said) + len(book.arrivals) + (book.acknowledged_at is not None),
        changed_at=max([book.ordered_at, *said]),
    )


def _revisions(commitments: Sequence[Commitment], books: Sequence[Book]) -> None:
    """Write every answer with its tranches, and where that leaves each commitment."""
    by_commitment = [
        list(_revisions_of(commitment, book))
        for commitment, book in zip(commitments, books, strict=True)
    ]
    CommitRevision.objects.bulk_create(
        (revision for pairs in by_commitment for revision, _ in pairs),
        batch_size=BATCH,
    )
    Tranche.objects.bulk_create(
        (
            Tranche(
                revision=revision,
                number=number,
                quantity=delivery.quantity,
                dock_date=delivery.on,
            )
            for pairs in by_commitment
            for revision, saying in pairs
            for number, delivery in enumerate(saying.promise, start=1)
        ),
        batch_size=BATCH,
    )
    _settle(commitments, by_commitment)


def _revisions_of(
    commitment: Commitment, book: Book
) -> Iterable[tuple[CommitRevision, Saying]]:
    """Yield unsaved revisions with what they say."""
    stood: Promise = ()
    is_first = True
    for number, saying in enumerate(book.sayings, start=1):
        kind = saying.kind
        if kind is None:
            kind = kind_of(saying.promise, stood, is_first=is_first)
            is_first = False
        stood = saying.promise
        causes = CommitRevision.Cause
        yield (
            CommitRevision(
                commitment=commitment,
                number=number,
                kind=kind,
                reason_code=saying.reason,
                cause=causes.BUYER if saying.by_buyer else causes.SUPPLIER,
                door=CommitRevision.Door.PORTAL,
                by_id=book.user_id,
                actor=f"user:{book.user_id}",
                made_at=saying.at,
                requested_quantity=book.quantity,
                requested_date=saying.asked_for or book.need_by,
                quantity=sum(delivery.quantity for delivery in saying.promise),
                last_dock_date=saying.promise[-1].on if saying.promise else None,
                word_by=saying.word_by,
            ),
            saying,
        )


def _settle(
    commitments: Sequence[Commitment],
    by_commitment: Sequence[list[tuple[CommitRevision, Saying]]],
) -> None:
    """Set where revisions and receipts leave each commitment: one update a state."""
    states: dict[State, list[int]] = {}
    for commitment, pairs in zip(commitments, by_commitment, strict=True):
        state = _state(commitment, [revision for revision, _ in pairs])
        states.setdefault(state, []).append(commitment.pk)
    promises = CommitRevision.objects.for_staff().filter(
        commitment=OuterRef("pk"), quantity__gte=1
    )
    for state, keys in states.items():
        for start in range(0, len(keys), BATCH):
            Commitment.objects.for_staff().filter(
                pk__in=keys[start : start + BATCH]
            ).update(
                state=state,
                original=Subquery(promises.order_by("number").values("pk")[:1]),
                current=Subquery(promises.order_by("-number").values("pk")[:1]),
            )


def _state(commitment: Commitment, revisions: list[CommitRevision]) -> State:
    """Return the state that revisions and receipts lead to."""
    position = replay(
        (
            Entry(number=revision.number, kind=Kind(revision.kind))
            for revision in revisions
        ),
        is_acknowledged=commitment.acknowledged_at is not None,
    )
    if commitment.line.received_in_full_on is not None:
        return MOVES[Verb.RECEIVE][position.state]
    return position.state


def _changes(
    lines: Sequence[PurchaseOrderLine], books: Sequence[Book]
) -> Iterable[RequestChange]:
    """Yield what the buyer changed."""
    for line, book in zip(lines, books, strict=True):
        for number, asking in enumerate(book.changes, start=1):
            yield RequestChange(
                line=line,
                number=number,
                quantity_before=book.quantity,
                quantity_after=book.quantity,
                need_by_before=asking.need_by_before,
                need_by_after=asking.need_by_after,
                actor="system",
                asked_at=asking.at,
            )


def _needs(
    lines: Sequence[PurchaseOrderLine], books: Sequence[Book]
) -> Iterable[LineNeed]:
    """Yield what is known of the need for lines before anything is published."""
    for line, book in zip(lines, books, strict=True):
        if not book.needed_by_racks:
            continue
        said = book.sayings[-1].promise if book.sayings else ()
        late_days = (said[-1].on - book.need_by).days if said else 1
        yield LineNeed(
            line=line,
            racks=book.needed_by_racks,
            blocked_racks=book.needed_by_racks if late_days > 0 else 0,
            wait_rack_min=max(0, late_days) * book.needed_by_racks * 1_440,
            needed_by=book.need_by,
            slack_min=-late_days * 1_440,
            publication="",
        )
