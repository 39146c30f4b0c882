"""Whom a mail can go to, and what they have to answer."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from suppliers.models import Message, PurchaseOrderLine, QuietDay, SupplierUser
from suppliers.queries.portal import Why, with_why

COUNTED = (Message.Purpose.DIGEST, Message.Purpose.REMINDER)
"""Mails that count towards one a day; a link somebody asked for does not."""


def contacts(supplier_ids: Collection[int] | None = None) -> list[SupplierUser]:
    """Return who may answer and has an address, of some suppliers or all. One query."""
    rows = (
        SupplierUser.objects.for_staff()
        .filter(
            role=SupplierUser.Role.ANSWER,
            user__is_active=True,
            supplier__is_active=True,
        )
        .exclude(user__email="")
        .select_related("user", "supplier")
        .order_by("pk")
    )
    if supplier_ids is not None:
        rows = rows.filter(supplier__in=supplier_ids)
    return list(rows)


def lines_waiting(*, now: datetime) -> Mapping[int, Sequence[tuple[int, str]]]:
    """Return open lines that need an answer and why, by supplier. One query.

    What the portal shows as "needs you now", for everybody, most urgent first.
    """
    rows = (
        with_why(
            PurchaseOrderLine.objects.for_staff().filter(
                state=PurchaseOrderLine.State.OPEN
            ),
            now,
        )
        .exclude(why=Why.NOTHING)
        .order_by("need_by", "pk")
        .values_list("purchase_order__supplier", "pk", "why")
    )
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for supplier_id, line_id, why in rows:
        found[supplier_id].append((line_id, why))
    return found


def quiet_days(found: Collection[SupplierUser]) -> set[tuple[int, str, int]]:
    """Return person, reason and weekday without mail, of some people. One query."""
    return set(
        QuietDay.objects.for_staff()
        .filter(person__in=found)
        .values_list("person", "about", "weekday")
    )


def day_of(contact: SupplierUser, now: datetime) -> date:
    """Return the date where a contact works."""
    return now.astimezone(ZoneInfo(contact.supplier.zone)).date()


def mailed_days(found: Collection[SupplierUser]) -> set[tuple[int, date]]:
    """Return which contacts had their mail on which day. One query."""
    return set(
        Message.objects.for_staff()
        .filter(contact__in=found, purpose__in=COUNTED, reason="")
        .values_list("contact", "day")
    )
