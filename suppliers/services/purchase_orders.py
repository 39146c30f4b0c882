"""Purchase orders as an ERP pushes them: created and changed by external id."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction

from factory.models import Part, Site
from journal.models import Event
from journal.services import append_events, event_of
from journal.setwise import update_rows
from journal.upserts import Done, Refusal, Result, UpsertOutcome
from suppliers.models import PurchaseOrder, PurchaseOrderLine, Supplier
from suppliers.services.requests import Request, ask, change_requests

Row = TypeVar("Row", Supplier, Site, Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePush:
    """A line as an ERP states it; ``need_by`` is the dock date asked for."""

    number: int
    external_id: str
    part: str
    quantity: int
    need_by: date
    price_cents: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderPush:
    """A purchase order as an ERP states it; codes name the other objects.

    Lines that a later push leaves out stay as they are.
    """

    external_id: str
    revision: int
    number: str
    supplier: str
    site: str
    ordered_at: datetime
    lines: tuple[LinePush, ...]


@transaction.atomic
def push_purchase_orders(
    *, pushes: Sequence[PurchaseOrderPush], system: str, actor: str, now: datetime
) -> list[Result]:
    """Bring purchase orders and their lines to the state an ERP states.

    Each new line asks the supplier for a commitment; promises already made stay in the
    ledger whatever the ERP now asks for. An order that cannot hold is refused as a
    whole, and the others are stored. At most twenty queries, however many lines.

    Args:
        pushes: Each about another order.
        system: The ERP's name.
        actor: ``client:3``.
        now: The moment, aware.
    """
    known = _load(pushes, system)
    batch = _Batch(known=known, system=system, now=now)
    results = [batch.judge(push) for push in pushes]
    batch.write(actor)
    return [result if isinstance(result, Refusal) else result() for result in results]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is stored about a batch of pushes; lines by order and number."""

    orders: dict[str, PurchaseOrder]
    lines: dict[int, dict[int, PurchaseOrderLine]]
    suppliers: dict[str, Supplier]
    sites: dict[str, Site]
    parts: dict[str, Part]
    numbers: set[str]


def _load(pushes: Sequence[PurchaseOrderPush], system: str) -> _Known:
    """Read what a batch is about; orders and lines are locked. Six queries."""
    orders = {
        order.external_id: order
        for order in PurchaseOrder.objects.for_staff()
        .select_for_update(of=("self",))
        .select_related("supplier", "site")
        .filter(system=system, external_id__in=[push.external_id for push in pushes])
        .order_by("pk")
    }
    lines: dict[int, dict[int, PurchaseOrderLine]] = defaultdict(dict)
    for line in (
        PurchaseOrderLine.objects.for_staff()
        .select_for_update()
        .filter(purchase_order__in=[order.pk for order in orders.values()])
        .order_by("pk")
    ):
        lines[line.purchase_order_id][line.number] = line
    numbers = [_number(push) for push in pushes if push.external_id not in orders]
    return _Known(
        orders=orders,
        lines=lines,
        suppliers=_by_code(Supplier, {push.supplier for push in pushes}),
        sites=_by_code(Site, {push.site for push in pushes}),
        parts=_by_code(Part, {line.part for push in pushes for line in push.lines}),
        numbers=set(
            PurchaseOrder.objects.for_staff()
            .filter(number__in=numbers)
            .values_list("number", flat=True)
        ),
    )


def _by_code(model: type[Row], codes: set[str]) -> dict[str, Row]:
    """Return rows by code. One query."""
    return {row.code: row for row in model.objects.filter(code__in=codes)}


def _number(push: PurchaseOrderPush) -> str:
    """Return the number a new order gets."""
    return push.number or push.external_id[:40]


class _Batch:
    """A batch of pushes on its way into the database."""

    def __init__(self, *, known: _Known, system: str, now: datetime) -> None:
        """Begin with nothing to write."""
        self.known = known
        self.system = system
        self.now = now
        self.new_orders: list[PurchaseOrder] = []
        self.new_lines: list[PurchaseOrderLine] = []
        self.requests: dict[int, Request] = {}
        self.revised: list[PurchaseOrder] = []
        self.told: list[tuple[PurchaseOrder, list[dict[str, object]], str]] = []

    def judge(self, push: PurchaseOrderPush) -> Refusal | Callable[[], Done]:
        """Plan one push, or refuse it; keys of new orders come with the write."""
        order = self.known.orders.get(push.external_id)
        if order is not None and push.revision < order.external_revision:
            return _done(order, UpsertOutcome.STALE)
        refusal = self._refusal(push, order)
        if refusal is not None:
            return refusal
        if order is None:
            order = self._create(push)
            self.told.append((order, [_facts(one) for one in push.lines], "created"))
            return _done(order, UpsertOutcome.CREATED)
        changed = self._change(push, order)
        if changed:
            self.told.append((order, changed, "changed"))
        if changed or push.revision > order.external_revision:
            order.external_revision = push.revision
            order.version += 1 if changed else 0
            self.revised.append(order)
        outcome = UpsertOutcome.UPDATED if changed else UpsertOutcome.UNCHANGED
        return _done(order, outcome)

    def _refusal(
        self, push: PurchaseOrderPush, order: PurchaseOrder | None
    ) -> Refusal | None:
        """Return why a push cannot hold; None if it can."""
        fault = self._head_fault(push, order)
        if fault is None:
            stored = self.known.lines[order.pk] if order else {}
            faults = (
                (f"lines/{place}/{field}", sentence)
                for place, line in enumerate(push.lines)
                for field, sentence in self._line_faults(line, stored.get(line.number))
            )
            fault = next(faults, None)
        if fault is None:
            return None
        field, sentence = fault
        return Refusal(field=field, code="purchase_order_refused", sentence=sentence)

    def _head_fault(
        self, push: PurchaseOrderPush, order: PurchaseOrder | None
    ) -> tuple[str, str] | None:
        """Return what is wrong with an order itself: a field and a sentence."""
        if push.supplier not in self.known.suppliers:
            return "supplier", f"There is no supplier {push.supplier[:40]}."
        if push.site not in self.known.sites:
            return "site", f"There is no site {push.site[:40]}."
        if order is None:
            number = _number(push)
            if number in self.known.numbers:
                return "number", f"Purchase order number {number} is taken."
            return None
        if order.supplier.code != push.supplier or order.site.code != push.site:
            return "supplier", (
                f"{order.number} is with {order.supplier.code} for {order.site.code}; "
                "a push does not move it."
            )
        return None

    def _line_faults(
        self, push: LinePush, line: PurchaseOrderLine | None
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a line: a field and a sentence."""
        part = self.known.parts.get(push.part)
        if part is None:
            yield "part", f"Line {push.number}: there is no part {push.part[:40]}."
        elif line is not None and line.part_id != part.pk:
            yield (
                "part",
                (
                    f"Line {push.number} asks for another part; a push does not make "
                    f"it {push.part[:40]}."
                ),
            )
        if line is not None and push.quantity < line.received:
            yield (
                "quantity",
                (
                    f"Line {push.number}: {line.received} received, "
                    f"{push.quantity} asked for."
                ),
            )

    def _create(self, push: PurchaseOrderPush) -> PurchaseOrder:
        """Plan a new order with its lines."""
        order = PurchaseOrder(
            number=_number(push),
            system=self.system,
            external_id=push.external_id,
            external_revision=push.revision,
            supplier=self.known.suppliers[push.supplier],
            site=self.known.sites[push.site],
            ordered_at=push.ordered_at,
        )
        self.known.numbers.add(order.number)
        self.new_orders.append(order)
        self.new_lines += [self._line(order, line) for line in push.lines]
        return order

    def _line(self, order: PurchaseOrder, push: LinePush) -> PurchaseOrderLine:
        """Return an unsaved line."""
        states = PurchaseOrderLine.State
        return PurchaseOrderLine(
            purchase_order=order,
            number=push.number,
            external_id=push.external_id,
            part=self.known.parts[push.part],
            quantity=push.quantity,
            need_by=push.need_by,
            price_cents=push.price_cents,
            state=states.CANCELLED if push.is_cancelled else states.OPEN,
        )

    def _change(
        self, push: PurchaseOrderPush, order: PurchaseOrder
    ) -> list[dict[str, object]]:
        """Plan what differs on an order's lines; return it for the event."""
        stored = self.known.lines[order.pk]
        changed = []
        for one in push.lines:
            line = stored.get(one.number)
            if line is None:
                self.new_lines.append(self._line(order, one))
            elif _differs(line, one):
                self.requests[line.pk] = Request(
                    quantity=one.quantity,
                    need_by=one.need_by,
                    price_cents=one.price_cents,
                    is_cancelled=one.is_cancelled,
                )
            else:
                continue
            changed.append(_facts(one))
        return changed

    def write(self, actor: str) -> None:
        """Store everything that was planned."""
        if self.new_orders:
            PurchaseOrder.objects.bulk_create(self.new_orders, batch_size=1_000)
        if self.new_lines:
            PurchaseOrderLine.objects.bulk_create(self.new_lines, batch_size=2_000)
            ask(lines=self.new_lines, now=self.now)
        if self.requests:
            change_requests(requests=self.requests, actor=actor, now=self.now)
        update_rows(self.revised, ["external_revision", "version"])
        append_events(
            [_event(order, lines, verb, actor) for order, lines, verb in self.told]
        )


def _done(order: PurchaseOrder, outcome: UpsertOutcome) -> Callable[[], Done]:
    """Return the result, once the order has its key."""
    return lambda: Done(key=order.pk, outcome=outcome)


def _differs(line: PurchaseOrderLine, push: LinePush) -> bool:
    """Say whether a push asks for something else than a line does."""
    is_cancelled = line.state == PurchaseOrderLine.State.CANCELLED
    return (line.quantity, line.need_by, line.price_cents, is_cancelled) != (
        push.quantity,
        push.need_by,
        push.price_cents,
        push.is_cancelled,
    )


def _facts(push: LinePush) -> dict[str, object]:
    """Return what an event keeps of a line."""
    return {
        "line": push.number,
        "part": push.part,
        "quantity": push.quantity,
        "need_by": push.need_by.isoformat(),
        "cancelled": push.is_cancelled,
    }


def _event(
    order: PurchaseOrder, lines: list[dict[str, object]], verb: str, actor: str
) -> Event:
    """Return the one event of a push, visible to its supplier."""
    return event_of(
        kind=f"purchase_order.{verb}",
        about=order,
        actor=actor,
        scope=order.supplier.scope,
        summary=f"{order.number} {verb}, {len(lines)} lines",
        after={"number": order.number, "lines": lines},
    )
