"""Which change an order may take in which state: one table, read by every door.

Pure: facts in, a refusal out. The database holds the same rules by constraints
(``ChangeDecision``) and triggers (``factory.guards``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from factory.errors import OrderChangeRefusedError
from factory.models import Customer, Order, OrderChange, RackModel
from factory.reach import is_in_reach, out_of_reach

Kind = OrderChange.Kind
State = Order.State

MOST_RACKS = 500
LIVING: Final = frozenset({State.OPEN, State.PAUSED})

MAY_CHANGE: Final[Mapping[str, frozenset[str]]] = {
    Kind.INCREASE: LIVING,
    Kind.DECREASE: LIVING,
    Kind.CANCEL: LIVING,
    Kind.PULL_IN: LIVING,
    Kind.PUSH_OUT: LIVING,
    Kind.CUSTOMER_SWITCH: LIVING,
    Kind.EMERGENCY_ADD: frozenset({State.OPEN}),
    Kind.PAUSE: frozenset({State.OPEN}),
    Kind.RESTART: frozenset({State.PAUSED, State.CANCELLED}),
    Kind.MODEL_CHANGE: LIVING,
    Kind.SERVICE_CHANGE: LIVING,
}
"""States of an order in which each change may be asked for and granted."""

DATED: Final = frozenset(
    {
        Kind.INCREASE,
        Kind.EMERGENCY_ADD,
        Kind.PULL_IN,
        Kind.PUSH_OUT,
        Kind.CUSTOMER_SWITCH,
        Kind.RESTART,
        Kind.MODEL_CHANGE,
    }
)
"""Changes that are granted with a date; the others leave the date as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of an order; only what the kind needs is given.

    Attributes:
        kind: Which change.
        reason: Why, 1 to 200 characters.
        quantity: Racks afterwards; handed over, of a switch; on top, of an add-on.
        requested_date: The date wished for.
        customer: Who gets the racks of a customer switch.
        rack_model: What is to be built instead.
    """

    kind: OrderChange.Kind
    reason: str
    quantity: int | None = None
    requested_date: date | None = None
    customer: Customer | None = None
    rack_model: RackModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Where an order stands.

    Attributes:
        number: Its number.
        state: Its state.
        quantity: Racks ordered.
        requested_date: The date wished for now.
        customer_id: Whose it is.
        rack_model_id: What is built.
        begun: Racks begun, shipped ones included.
        shipped: Racks shipped.
        tested: Racks that have passed their soak, shipped ones included.
        bound: Racks not tested that hold parts consigned by their customer.
        today: At the site.
    """

    number: str
    state: str
    quantity: int
    requested_date: date
    customer_id: int
    rack_model_id: int
    begun: int
    shipped: int
    tested: int
    bound: int
    today: date


def check(facts: Facts, wish: Wish) -> None:
    """Refuse a change that an order cannot take.

    Raises:
        OrderChangeRefusedError: Names the field, the limit and the amount.
    """
    if not wish.reason.strip() or len(wish.reason) > 200 or "\0" in wish.reason:  # noqa: PLR2004 - the column's
        raise OrderChangeRefusedError(
            "reason", "Say why, in 1 to 200 characters of plain text."
        )
    check_state(facts, wish.kind)
    _CHECKS.get(wish.kind, _nothing)(facts, wish)
    if wish.requested_date is not None and wish.requested_date < facts.today:
        raise OrderChangeRefusedError(
            "requested_date",
            f"{facts.number}: {wish.requested_date.isoformat()} has passed.",
        )
    if wish.requested_date is not None and not is_in_reach(
        wish.requested_date, facts.today
    ):
        raise OrderChangeRefusedError(
            "requested_date", f"{facts.number}: {out_of_reach('A date to ship')}"
        )


def check_state(facts: Facts, kind: OrderChange.Kind) -> None:
    """Refuse a change that is not for an order in this state.

    Raises:
        OrderChangeRefusedError: Names both.
    """
    if facts.state not in MAY_CHANGE[kind]:
        allowed = " or ".join(
            sorted(str(State(one).label).lower() for one in MAY_CHANGE[kind])
        )
        raise OrderChangeRefusedError(
            "kind",
            f"{facts.number} is {State(facts.state).label.lower()}; "
            f"{kind.label.lower()} is for an order that is {allowed}.",
        )


def _nothing(facts: Facts, wish: Wish) -> None:
    """Ask for nothing more."""
    del facts, wish


def _size(facts: Facts, wish: Wish) -> int:
    """Return the racks a change is about, at least 1."""
    if wish.quantity is None or not 1 <= wish.quantity <= MOST_RACKS:
        raise OrderChangeRefusedError(
            "quantity", f"{facts.number}: say how many racks, 1 to {MOST_RACKS}."
        )
    return wish.quantity


def _increase(facts: Facts, wish: Wish) -> None:
    if _size(facts, wish) <= facts.quantity:
        raise OrderChangeRefusedError(
            "quantity",
            f"{facts.number} has {facts.quantity} racks; an increase asks for more.",
        )


def _emergency(facts: Facts, wish: Wish) -> None:
    _size(facts, wish)
    _date(facts, wish)


def _decrease(facts: Facts, wish: Wish) -> None:
    size = _size(facts, wish)
    if size >= facts.quantity:
        raise OrderChangeRefusedError(
            "quantity",
            f"{facts.number} has {facts.quantity} racks; a decrease asks for fewer.",
        )
    if size < facts.begun:
        raise OrderChangeRefusedError(
            "quantity",
            f"{facts.number}: {facts.begun} racks are begun, {facts.shipped} of them "
            f"shipped; {size} is fewer. Hand racks that are begun to another customer.",
        )


def _cancel(facts: Facts, wish: Wish) -> None:
    del wish
    if facts.begun:
        raise OrderChangeRefusedError(
            "kind",
            f"{facts.number}: {facts.begun} racks are begun, {facts.shipped} of them "
            "shipped. Pause it, decrease it, or hand them to another customer.",
        )


def _date(facts: Facts, wish: Wish) -> date:
    if wish.requested_date is None:
        raise OrderChangeRefusedError(
            "requested_date", f"{facts.number}: say which date is wished for."
        )
    return wish.requested_date


def _pull_in(facts: Facts, wish: Wish) -> None:
    if _date(facts, wish) >= facts.requested_date:
        raise OrderChangeRefusedError(
            "requested_date",
            f"{facts.number} is asked for by {facts.requested_date.isoformat()}; a "
            "pull-in is earlier.",
        )


def _push_out(facts: Facts, wish: Wish) -> None:
    if _date(facts, wish) <= facts.requested_date:
        raise OrderChangeRefusedError(
            "requested_date",
            f"{facts.number} is asked for by {facts.requested_date.isoformat()}; a "
            "push-out is later.",
        )


def _switch(facts: Facts, wish: Wish) -> None:
    size = _size(facts, wish)
    if wish.customer is None:
        raise OrderChangeRefusedError(
            "customer", f"{facts.number}: say which customer gets the racks."
        )
    if wish.customer.pk == facts.customer_id:
        raise OrderChangeRefusedError(
            "customer", f"{facts.number} is {wish.customer.name}'s already."
        )
    free = facts.quantity - facts.tested - facts.bound
    if size > free:
        raise OrderChangeRefusedError(
            "quantity",
            f"{facts.number}: of {facts.quantity} racks {facts.tested} are tested for "
            f"their customer and {facts.bound} hold its consigned parts; "
            f"{max(0, free)} can be handed over.",
        )


def _model(facts: Facts, wish: Wish) -> None:
    if wish.rack_model is None:
        raise OrderChangeRefusedError(
            "rack_model", f"{facts.number}: say what is to be built instead."
        )
    if wish.rack_model.pk == facts.rack_model_id:
        raise OrderChangeRefusedError(
            "rack_model", f"{facts.number} is for {wish.rack_model.code} already."
        )
    if facts.begun:
        raise OrderChangeRefusedError(
            "rack_model",
            f"{facts.number}: {facts.begun} racks are begun; what is begun keeps its "
            "model.",
        )


_CHECKS: Final[Mapping[str, Callable[[Facts, Wish], None]]] = {
    Kind.INCREASE: _increase,
    Kind.EMERGENCY_ADD: _emergency,
    Kind.DECREASE: _decrease,
    Kind.CANCEL: _cancel,
    Kind.PULL_IN: _pull_in,
    Kind.PUSH_OUT: _push_out,
    Kind.CUSTOMER_SWITCH: _switch,
    Kind.MODEL_CHANGE: _model,
}
