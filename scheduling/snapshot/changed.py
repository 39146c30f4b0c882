"""One change of an order, made to the rows that a snapshot reads and to no others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from factory.models import Order
from factory.order_rules import Kind, Wish
from factory.services.order_racks import to_hand_over
from scheduling.snapshot.asked import ASKED_LATE_CENTS_PER_DAY
from scheduling.snapshot.racks import RackRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An order as it would be.

    Attributes:
        order: The order as it is.
        wish: What is asked of it.
        handed: Serials of the racks that a customer switch takes.
        at: The present, for when new racks were ordered.
    """

    order: Order
    wish: Wish
    handed: Collection[str]
    at: datetime

    @property
    def rack_model(self) -> int:
        """Return the primary key of what is built afterwards."""
        model = self.wish.rack_model
        return self.order.rack_model_id if model is None else model.pk

    @property
    def added(self) -> int:
        """Return how many racks come on top."""
        wanted = self.wish.quantity or 0
        if self.wish.kind == Kind.INCREASE:
            return wanted - self.order.quantity
        return wanted if self.wish.kind == Kind.EMERGENCY_ADD else 0

    def rows(self, rows: Sequence[RackRow]) -> list[RackRow]:
        """Return the racks on the floor as they would be."""
        own = [row for row in rows if row.order == self.order.pk]
        others = [row for row in rows if row.order != self.order.pk]
        return others + self._own(own) + self._new(rows)

    def is_asked(self, row: RackRow) -> bool:
        """Return whether a date is looked for, for a rack of these rows."""
        return row.order == -self.order.pk

    def _own(self, own: list[RackRow]) -> list[RackRow]:
        """Return the order's racks."""
        if self.wish.kind in {Kind.CANCEL, Kind.DECREASE}:
            return self._kept(own)
        return [self._one(row) for row in own]

    def _one(self, row: RackRow) -> RackRow:
        """Return one rack that stays with the order, or goes to another customer."""
        wish = self.wish
        if wish.kind == Kind.PAUSE:
            return replace(row, is_to_plan=False)
        if wish.kind == Kind.PUSH_OUT and wish.requested_date is not None:
            return replace(row, requested_date=wish.requested_date)
        if wish.kind in {Kind.PULL_IN, Kind.RESTART}:
            return self._asked(row)
        if wish.kind == Kind.MODEL_CHANGE:
            # Another routing: nothing of the place it had is kept.
            return replace(self._asked(row), model=self.rack_model, rack=-row.rack)
        if wish.customer is not None and row.serial in self.handed:
            return replace(self._asked(row), customer=wish.customer.pk)
        return row

    def _kept(self, own: list[RackRow]) -> list[RackRow]:
        """Return the racks that are not cancelled: begun ones, then the first ones."""
        keep = (self.wish.quantity or 0) if self.wish.kind == Kind.DECREASE else 0
        surplus = max(0, self.order.quantity - keep)
        planned = sorted(
            (row.serial for row in own if row.is_to_plan and not row.is_begun),
            reverse=True,
        )
        gone = set(planned[:surplus])
        return [row for row in own if row.serial not in gone]

    def _asked(self, row: RackRow) -> RackRow:
        """Return a rack for which a date is looked for, promised to nobody yet."""
        return replace(
            row,
            order=-row.order,
            requested_date=self.wish.requested_date or row.requested_date,
            late_cents_per_day=ASKED_LATE_CENTS_PER_DAY,
            is_to_plan=not row.is_on_hold,
        )

    def _new(self, rows: Sequence[RackRow]) -> list[RackRow]:
        """Return racks that do not exist yet."""
        order, count = self.order, self.added
        if self.wish.kind == Kind.RESTART:
            living = sum(row.order == order.pk for row in rows)
            is_cancelled = order.state == Order.State.CANCELLED
            count = order.quantity - living if is_cancelled else 0
        return [
            RackRow(
                rack=-(order.pk * 1_000 + place),
                serial=f"{order.number} new {place}",
                model=order.rack_model_id,
                order=-order.pk,
                number=f"{order.number} new",
                customer=order.customer_id,
                received_at=self.at,
                requested_date=self.wish.requested_date or order.requested_date,
                late_cents_per_day=ASKED_LATE_CENTS_PER_DAY,
                is_to_plan=True,
                is_begun=False,
                is_on_hold=False,
            )
            for place in range(1, count + 1)
        ]


def changed_by(order: Order, wish: Wish, at: datetime) -> Changed:
    """Return an order as a change would leave it. At most three queries."""
    handed: set[str] = set()
    if wish.kind == Kind.CUSTOMER_SWITCH:
        handed = {rack.serial for rack in to_hand_over(order, wish.quantity or 0)}
    return Changed(order=order, wish=wish, handed=handed, at=at)
