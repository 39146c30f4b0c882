"""Purchase orders as an ERP pushes them: created and changed by external id."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from factory.models import Part, Site
from factory.services.orders import UpsertOutcome
from journal.services import record
from suppliers.errors import SuppliersError
from suppliers.models import PurchaseOrder, PurchaseOrderLine, Supplier
from suppliers.services.requests import Request, ask, change_request


class PurchaseOrderRefusedError(SuppliersError):
    """Say which field of a pushed purchase order cannot be."""

    code = "purchase_order_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence, for a pointer in the answer."""
        super().__init__(sentence)
        self.field = field


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
def push_purchase_order(
    *, push: PurchaseOrderPush, system: str, actor: str
) -> tuple[PurchaseOrder, UpsertOutcome]:
    """Bring one purchase order and its lines to the state an ERP states.

    Each new line asks the supplier for a commitment; promises already made stay in the
    ledger whatever the ERP now asks for.

    Raises:
        PurchaseOrderRefusedError: If a code is unknown, the number is taken, or a line
            asks for less than was received. Nothing is changed then.
    """
    order = (
        PurchaseOrder.objects.for_staff()
        .select_for_update()
        .select_related("supplier", "site")
        .filter(system=system, external_id=push.external_id)
        .first()
    )
    if order is not None and push.revision < order.external_revision:
        return order, UpsertOutcome.STALE
    is_new = order is None
    if order is None:
        order = _create(push, system)
    elif order.supplier.code != push.supplier or order.site.code != push.site:
        raise PurchaseOrderRefusedError(
            "supplier",
            f"{order.number} is with {order.supplier.code} for {order.site.code}; "
            "a push does not move it.",
        )
    lines = _push_lines(order, push.lines, actor)
    if is_new or lines:
        _record(order, lines, actor, is_new=is_new)
    if not is_new and (lines or push.revision > order.external_revision):
        order.external_revision = push.revision
        order.version += 1 if lines else 0
        order.save(update_fields=["external_revision", "version"])
    if is_new:
        return order, UpsertOutcome.CREATED
    return order, UpsertOutcome.UPDATED if lines else UpsertOutcome.UNCHANGED


def _create(push: PurchaseOrderPush, system: str) -> PurchaseOrder:
    """Create the order without lines."""
    supplier = Supplier.objects.filter(code=push.supplier).first()
    if supplier is None:
        raise PurchaseOrderRefusedError(
            "supplier", f"There is no supplier {push.supplier[:40]}."
        )
    site = Site.objects.filter(code=push.site).first()
    if site is None:
        raise PurchaseOrderRefusedError("site", f"There is no site {push.site[:40]}.")
    number = push.number or push.external_id[:40]
    try:
        with transaction.atomic():
            return PurchaseOrder.objects.create(
                number=number,
                system=system,
                external_id=push.external_id,
                external_revision=push.revision,
                supplier=supplier,
                site=site,
                ordered_at=push.ordered_at,
            )
    except IntegrityError as error:
        raise PurchaseOrderRefusedError(
            "number", f"Purchase order number {number} is taken."
        ) from error


def _push_lines(
    order: PurchaseOrder, pushes: tuple[LinePush, ...], actor: str
) -> list[dict[str, object]]:
    """Create and change lines; return what differs, for the event.

    Two reads whatever the number of lines, then one write a changed line.
    """
    parts = {
        part.code: part
        for part in Part.objects.filter(code__in={push.part for push in pushes})
    }
    stored = {
        line.number: line
        for line in order.lines.select_for_update().select_related("part")
    }
    changes: list[dict[str, object]] = []
    for push in pushes:
        if push.part not in parts:
            raise PurchaseOrderRefusedError(
                "part", f"Line {push.number}: there is no part {push.part[:40]}."
            )
        line = stored.get(push.number)
        if line is None:
            _add_line(order, push, parts[push.part])
            changes.append(_facts(push))
        elif _change_line(line, push, actor):
            changes.append(_facts(push))
    return changes


def _add_line(order: PurchaseOrder, push: LinePush, part: Part) -> None:
    """Create one line and the commitment asked for."""
    line = PurchaseOrderLine.objects.create(
        purchase_order=order,
        number=push.number,
        external_id=push.external_id,
        part=part,
        quantity=push.quantity,
        need_by=push.need_by,
        price_cents=push.price_cents,
        state=_state(push),
    )
    ask(line=line, now=timezone.now())


def _change_line(line: PurchaseOrderLine, push: LinePush, actor: str) -> bool:
    """Apply one push to its line and return whether anything differed."""
    if line.part.code != push.part:
        raise PurchaseOrderRefusedError(
            "part",
            f"Line {line.number} asks for {line.part.code}; a push does not make it "
            f"{push.part[:40]}.",
        )
    if push.quantity < line.received:
        raise PurchaseOrderRefusedError(
            "quantity",
            f"Line {line.number}: {line.received} received, {push.quantity} asked for.",
        )
    return change_request(
        line_id=line.pk,
        request=Request(
            quantity=push.quantity,
            need_by=push.need_by,
            price_cents=push.price_cents,
            is_cancelled=push.is_cancelled,
        ),
        actor=actor,
        now=timezone.now(),
    )


def _state(push: LinePush) -> PurchaseOrderLine.State:
    """Return the state a push asks for."""
    states = PurchaseOrderLine.State
    return states.CANCELLED if push.is_cancelled else states.OPEN


def _facts(push: LinePush) -> dict[str, object]:
    """Return what an event keeps of a line."""
    return {
        "line": push.number,
        "part": push.part,
        "quantity": push.quantity,
        "need_by": push.need_by.isoformat(),
        "cancelled": push.is_cancelled,
    }


def _record(
    order: PurchaseOrder,
    lines: list[dict[str, object]],
    actor: str,
    *,
    is_new: bool,
) -> None:
    """Write the one event of a push, visible to its supplier."""
    verb = "created" if is_new else "changed"
    record(
        kind=f"purchase_order.{verb}",
        about=order,
        actor=actor,
        scope=order.supplier.scope,
        summary=f"{order.number} {verb}, {len(lines)} lines",
        after={"number": order.number, "lines": lines},
    )
