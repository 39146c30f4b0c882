"""A supplier's own lines: what needs an answer now, most urgent first, and the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from suppliers.ledger import STANDING, Delivery, Promise, outstanding
from suppliers.models import Commitment, CommitRevision, LineNeed, PurchaseOrderLine
from suppliers.queries.standing import with_standing
from suppliers.tenancy import Tenant

CARDS = 20
"""Cards a page; what is less urgent follows in the table."""

PAGE_ROWS = 50
RECENT = 5

_STATE = Commitment.State


class Why(StrEnum):
    """Why a line needs its supplier now."""

    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"
    NEW = "new"
    WORD_DUE = "word_due"
    ASKED_ANEW = "asked_anew"
    TOO_LATE = "too_late"
    NOTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """One line as its supplier sees it.

    Attributes:
        line: With order, site and part.
        commitment: With its original and current revision.
        need: What the published plan needs from it, or None.
        promise: What stands and is still to come.
        why: Why it needs the supplier now.
        today: Date at the receiving site.
    """

    line: PurchaseOrderLine
    commitment: Commitment
    need: LineNeed | None
    promise: Promise
    why: Why
    today: date

    @property
    def zone(self) -> ZoneInfo:
        """Return the receiving site's time zone."""
        return ZoneInfo(self.line.purchase_order.site.zone)

    @property
    def can_be_accepted(self) -> bool:
        """Say whether what was asked can still be promised, and is not already."""
        asked = (Delivery(self.line.need_by, self.line.outstanding),)
        is_said = self.promise == asked and not self.commitment.stands_in
        return self.is_open and self.line.need_by >= self.today and not is_said

    @property
    def remainder(self) -> int:
        """Return the pieces that a standing promise leaves open; 0 without one."""
        if not self.promise:
            return 0
        promised = sum(delivery.quantity for delivery in self.promise)
        return max(0, self.line.outstanding - promised)

    @property
    def is_open(self) -> bool:
        """Say whether the line takes answers."""
        return self.line.state == PurchaseOrderLine.State.OPEN


def open_lines(tenant: Tenant, *, now: datetime) -> QuerySet[Any]:
    """Return a supplier's open lines with ``why``, most urgent first."""
    lines = tenant.lines().filter(state=PurchaseOrderLine.State.OPEN)
    return with_why(lines, now).order_by(
        Coalesce("need__blocked_racks", 0).desc(),
        F("need__slack_min").asc(nulls_last=True),
        "need_by",
        "pk",
    )


def one_line(tenant: Tenant, line_id: int, *, now: datetime) -> OwnLine | None:
    """Return one of the supplier's lines, open or not; None if it is not theirs."""
    found = own_lines(with_why(tenant.lines().filter(pk=line_id), now), now=now)
    return found[0] if found else None


def with_why(lines: QuerySet[PurchaseOrderLine], now: datetime) -> QuerySet[Any]:
    """Annotate ``why`` on open lines.

    A day has passed only when it has passed everywhere the supplier delivers, so no
    line is called overdue while its dock is still open.
    """
    today = _earliest_today(now)
    short = Q(commitment__current__last_dock_date__gt=F("need_by")) | Q(
        commitment__current__quantity__lt=F("quantity")
        - F("commitment__current__received_quantity")
    )
    moved = ~Q(commitment__current__requested_date=F("need_by")) | ~Q(
        commitment__current__requested_quantity=F("quantity")
    )
    stands = Q(commitment__state__in=STANDING)
    is_open = Q(state=PurchaseOrderLine.State.OPEN)
    return lines.filter(commitment__isnull=False).annotate(
        why=Case(
            When(~is_open, then=Value(Why.NOTHING)),
            When(
                stands & Q(commitment__current__last_dock_date__lt=today),
                then=Value(Why.OVERDUE),
            ),
            When(commitment__state=_STATE.DECOMMITTED, then=Value(Why.WITHDRAWN)),
            When(commitment__state=_STATE.REQUESTED, then=Value(Why.NEW)),
            When(
                Q(commitment__state=_STATE.ACKNOWLEDGED)
                & (
                    Q(commitment__word_by__isnull=True)
                    | Q(commitment__word_by__lte=today)
                ),
                then=Value(Why.WORD_DUE),
            ),
            When(stands & moved & short, then=Value(Why.ASKED_ANEW)),
            When(
                stands
                & Q(need__racks__gt=0)
                & Q(commitment__current__last_dock_date__gt=F("need__needed_by")),
                then=Value(Why.TOO_LATE),
            ),
            default=Value(Why.NOTHING),
            output_field=CharField(),
        ),
    )


def needing_answer(tenant: Tenant, *, now: datetime) -> QuerySet[Any]:
    """Return the open lines that need the supplier now, most urgent first."""
    return open_lines(tenant, now=now).exclude(why=Why.NOTHING)


def in_order(tenant: Tenant, *, now: datetime) -> QuerySet[Any]:
    """Return the open lines that need nothing now, the next to deliver first."""
    return (
        open_lines(tenant, now=now)
        .filter(why=Why.NOTHING)
        .order_by(
            F("commitment__current__last_dock_date").asc(nulls_last=True),
            "need_by",
            "pk",
        )
    )


def own_lines(rows: QuerySet[Any], *, now: datetime) -> list[OwnLine]:
    """Return lines with what a page shows of them. Two queries."""
    loaded = rows.select_related(
        "purchase_order__site",
        "part",
        "need",
        "commitment__original",
        "commitment__current__substitute",
    ).prefetch_related("commitment__current__tranches")
    return [_own_line(line, now) for line in loaded]


def just_said(tenant: Tenant, *, now: datetime) -> list[Commitment]:
    """Return the commitments whose last answer can still be taken back. One query."""
    since = now - timedelta(seconds=settings.ANSWER_UNDO_WINDOW_S)
    newest = tenant.revisions().filter(commitment=OuterRef("pk")).order_by("-number")
    rows = (
        tenant.commitments()
        .filter(changed_at__range=(since, now))
        .annotate(
            newest_kind=Subquery(newest.values("kind")[:1]),
            newest_at=Subquery(newest.values("made_at")[:1]),
        )
        .filter(newest_at=F("changed_at"))
        .exclude(newest_kind=CommitRevision.Kind.UNDO)
        .select_related("line__purchase_order", "line__part")
        .order_by("-changed_at", "pk")
    )
    return list(rows[:RECENT])


def lately(tenant: Tenant, *, now: datetime) -> list[Any]:
    """Return the commitments completed last, each with its ``standing``. One query."""
    rows = with_standing(tenant.commitments(), _earliest_today(now))
    done = rows.filter(
        state=_STATE.RECEIVED, line__received_in_full_on__isnull=False
    ).select_related("line__purchase_order", "line__part", "original", "current")
    return list(done.order_by("-line__received_in_full_on", "-pk")[:RECENT])


def _own_line(line: Any, now: datetime) -> OwnLine:  # noqa: ANN401 - annotated row
    """Return a line, with everything joined, as its supplier sees it."""
    commitment = line.commitment
    current = commitment.current
    promise: Promise = ()
    if current is not None and commitment.state in STANDING:
        said: Iterable[Delivery] = (
            Delivery(row.dock_date, row.quantity) for row in current.tranches.all()
        )
        promise = outstanding(
            tuple(sorted(said)), line.received - current.received_quantity
        )
    zone = ZoneInfo(line.purchase_order.site.zone)
    return OwnLine(
        line=line,
        commitment=commitment,
        need=getattr(line, "need", None),
        promise=promise,
        why=Why(line.why),
        today=now.astimezone(zone).date(),
    )


def _earliest_today(now: datetime) -> date:
    """Return the date where it is earliest on earth, twelve hours behind UTC."""
    return (now - timedelta(hours=12)).date()
