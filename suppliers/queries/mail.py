"""The log of mails, and the alarms it raises: bounced, unopened, nobody to write to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)

from factory.models import Site
from suppliers.models import Message, MessageLine, PurchaseOrder, PurchaseOrderLine
from suppliers.queries.contacts import contacts
from suppliers.queries.portal import Why, with_why


class Fate(StrEnum):
    """What became of a mail; the values are words of ``journal.wording``."""

    WAITING = "queued"
    BOUNCED = "bounced"
    OPENED = "opened"
    SILENT = "unopened"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A supplier that has something to answer and has not been reached.

    Attributes:
        fate: Bounced or unopened; waiting where nobody has an address.
        supplier_code: Who.
        supplier_name: Its name.
        lines: Lines it has not been reached about.
        line_ids: Their keys.
        racks: Racks without slack on them.
        since: When the first of the mails went out; None where none did.
        said: What the mail server said, for a bounce.
        to: Where it went.
    """

    fate: Fate
    supplier_code: str
    supplier_name: str
    lines: int
    line_ids: tuple[int, ...]
    racks: int
    since: datetime | None
    said: str
    to: str


def messages(site: Site, *, now: datetime) -> QuerySet[Any]:
    """Return mails about a site's lines with their ``fate``, the newest first."""
    about = (
        MessageLine.objects.for_staff()
        .filter(line__purchase_order__site=site)
        .values("message")
    )
    rows: QuerySet[Any] = (
        with_fate(Message.objects.for_staff().filter(pk__in=about), now)
        .select_related("contact__supplier", "contact__user", "by")
        .annotate(count=Count("lines"))
        .order_by("-queued_at", "-pk")
    )
    return rows


def message_of(site: Site, pk: int) -> Message | None:
    """Return one mail about a site's lines. One query."""
    return (
        Message.objects.for_staff()
        .filter(pk=pk, lines__line__purchase_order__site=site)
        .first()
    )


def orders_of(message: Message) -> list[PurchaseOrder]:
    """Return the orders a mail named. One query."""
    return list(
        PurchaseOrder.objects.for_staff()
        .filter(pk__in=message.lines.values("line__purchase_order"))
        .select_related("supplier")
    )


def lines_of(site: Site, line_ids: Collection[int]) -> list[int]:
    """Return those keys that are of a site's lines. One query."""
    rows = PurchaseOrderLine.objects.for_staff().filter(
        pk__in=line_ids, purchase_order__site=site
    )
    return list(rows.values_list("pk", flat=True))


def with_fate(rows: QuerySet[Message], now: datetime) -> QuerySet[Any]:
    """Annotate ``fate``; one that nobody opened in time is SILENT."""
    return rows.annotate(
        fate=Case(
            When(bounced_at__isnull=False, then=Value(Fate.BOUNCED)),
            When(sent_at=None, then=Value(Fate.WAITING)),
            When(opened_at__isnull=False, then=Value(Fate.OPENED)),
            When(sent_at__lte=_in_time(now), then=Value(Fate.SILENT)),
            default=Value(Fate.SENT),
            output_field=CharField(),
        )
    )


def counts(site: Site, *, now: datetime) -> Mapping[Fate, int]:
    """Count a site's mails by fate. One query."""
    rows = (
        messages(site, now=now)
        .order_by()
        .values_list("fate")
        .annotate(number=Count("pk", distinct=True))
    )
    found = {Fate(row[0]): row[-1] for row in rows}
    return {fate: found.get(fate, 0) for fate in Fate}


def fates(line_ids: Collection[int], *, now: datetime) -> Mapping[int, Fate]:
    """Return what became of the newest mail about each line. Two queries."""
    newest = (
        MessageLine.objects.for_staff()
        .filter(line__in=line_ids)
        .values("line")
        .annotate(newest=Max("message"))
        .values_list("line", "newest")
    )
    by_line = dict(newest)
    found = with_fate(
        Message.objects.for_staff().filter(pk__in=set(by_line.values())), now
    ).values_list("pk", "fate")
    by_message = dict(found)
    return {line: Fate(by_message[message]) for line, message in by_line.items()}


def alarms(site: Site, *, now: datetime) -> list[Alarm]:
    """Return who has not been reached, those who hold up most racks first.

    A line is alarming while it needs an answer and no mail about it, sent since it last
    changed, was opened: at once if all bounced, after ``UNOPENED_ALARM_DAYS`` if one
    arrived. Four queries.
    """
    waiting = {
        line.pk: line
        for line in with_why(
            PurchaseOrderLine.objects.for_staff().filter(
                purchase_order__site=site, state=PurchaseOrderLine.State.OPEN
            ),
            now,
        )
        .exclude(why=Why.NOTHING)
        .select_related("purchase_order__supplier", "need")
    }
    reach = _reach(waiting)
    reachable = {
        contact.supplier_id
        for contact in contacts(
            {line.purchase_order.supplier_id for line in waiting.values()}
        )
    }
    found: dict[tuple[int, Fate], list[Any]] = {}
    for key, line in waiting.items():
        supplier_id = line.purchase_order.supplier_id
        fate = _alarm_of(reach.get(key), supplier_id in reachable, now)
        if fate is not None:
            found.setdefault((supplier_id, fate), []).append(line)
    rows = [_alarm(fate, lines, reach) for (_, fate), lines in found.items()]
    return sorted(rows, key=lambda row: (-row.racks, -row.lines, row.supplier_name))


def _reach(line_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return how far mails about lines have come since each last changed. One query."""
    rows = (
        MessageLine.objects.for_staff()
        .filter(
            line__in=line_ids,
            message__queued_at__gte=F("line__commitment__changed_at"),
        )
        .values("line")
        .annotate(
            mails=Count("message"),
            bounced=Count("message", filter=Q(message__bounced_at__isnull=False)),
            opened=Count("message", filter=Q(message__opened_at__isnull=False)),
            since=Min("message__sent_at"),
            said=Max("message__error"),
            to=Max("message__to"),
        )
    )
    return {row["line"]: dict(row) for row in rows}


def _alarm_of(
    reach: Mapping[str, Any] | None,
    has_contact: bool,  # noqa: FBT001 - named where it is called
    now: datetime,
) -> Fate | None:
    """Say what is alarming about a line, or None."""
    if reach is None:
        return None if has_contact else Fate.WAITING
    if reach["opened"]:
        return None
    if reach["bounced"] == reach["mails"]:
        return Fate.BOUNCED
    since = reach["since"]
    return Fate.SILENT if since is not None and since <= _in_time(now) else None


def _alarm(
    fate: Fate, lines: list[Any], reach: Mapping[int, Mapping[str, Any]]
) -> Alarm:
    """Return one alarm about the lines of one supplier."""
    supplier = lines[0].purchase_order.supplier
    known = [reach[line.pk] for line in lines if line.pk in reach]
    return Alarm(
        fate=fate,
        supplier_code=supplier.code,
        supplier_name=supplier.name,
        lines=len(lines),
        line_ids=tuple(line.pk for line in lines),
        racks=sum(line.need.blocked_racks for line in lines if hasattr(line, "need")),
        since=min((row["since"] for row in known if row["since"]), default=None),
        said=next((row["said"] for row in known if row["said"]), ""),
        to=next((row["to"] for row in known), ""),
    )


def _in_time(now: datetime) -> datetime:
    """Return before when a mail should have been opened by now if sent."""
    return now - timedelta(days=settings.UNOPENED_ALARM_DAYS)
