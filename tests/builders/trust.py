"""Lines as the formulas of trust see them, by hand: days are counted from day 0."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from suppliers.ledger import Delivery, Kind
from suppliers.trust.facts import Came, Cause, Change, Line, Said

DAY_0 = date(2026, 3, 2)


def day(number: int) -> date:
    """Return the date of a day."""
    return DAY_0 + timedelta(days=number)


def at(number: float) -> datetime:
    """Return a moment; 0.5 is noon of day 0."""
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=number)


def promised(when: float, *promise: tuple[int, int], **fields: Any) -> Said:
    """Return a promise said on a day, of (dock day, pieces)."""
    pieces = sum(quantity for _, quantity in promise)
    return Said(
        **{
            "at": at(when),
            "on": day(int(when)),
            "kind": Kind.COMMIT,
            "promise": tuple(Delivery(day(on), quantity) for on, quantity in promise),
            "cause": Cause.SUPPLIER,
            "asked": max(100, pieces),
            "received": 0,
        }
        | fields
    )


def withdrawn(when: float, kind: Kind = Kind.DECOMMIT) -> Said:
    """Return a promise taken back on a day."""
    return promised(when, kind=kind)


def came(on: int, quantity: int = 100, held: int = 0) -> Came:
    """Return a receipt."""
    return Came(on=day(on), quantity=quantity, held=held)


def changed(when: float, need_by: int, quantity: int = 100, **before: Any) -> Change:
    """Return a change from day 30 and 100 pieces to something else."""
    return Change(
        **{
            "key": 1,
            "at": at(when),
            "on": day(int(when)),
            "quantity_before": 100,
            "quantity_after": quantity,
            "need_by_before": day(30),
            "need_by_after": day(need_by),
        }
        | before
    )


def a_history(*said: Said, **fields: Any) -> Line:
    """Return a line for 100 pieces by day 30, ordered on day 0."""
    changes = fields.get("changes", ())
    last = changes[-1] if changes else None
    return Line(
        **{
            "key": 1,
            "commitment_key": 1,
            "name": "4500-1 line 10",
            "part": "BUSBAR",
            "part_key": 1,
            "quantity": last.quantity_after if last else 100,
            "need_by": last.need_by_after if last else day(30),
            "is_cancelled": False,
            "ordered_at": at(0),
            "ordered_on": day(0),
            "said": said,
        }
        | fields
    )
