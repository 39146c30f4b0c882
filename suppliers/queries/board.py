"""The inward half of the commitments board: what suppliers promised, how it stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from factory.models import Site
from suppliers.ledger import STANDING
from suppliers.models import (
    Commitment,
    CommitRevision,
    PurchaseOrderLine,
    Supplier,
)
from suppliers.queries.history import RiverPoint, river, sayings_of
from suppliers.queries.standing import Standing, by_standing, lately, with_standing

PAGE_ROWS = 50


class Tab(StrEnum):
    """The board's tabs; each is a set of standings, or what matters to racks."""

    MATTERS = "matters"
    UNANSWERED = "unanswered"
    MOVED = "moved"
    BROKEN = "broken"
    CANNOT_SAY = "cannot-say"
    ALL = "all"


_TAB_STANDINGS: Mapping[Tab, frozenset[Standing]] = {
    Tab.UNANSWERED: frozenset({Standing.NOT_ANSWERED}),
    Tab.MOVED: frozenset({Standing.MOVED}),
    Tab.BROKEN: frozenset({Standing.BROKEN, Standing.REJECTED}),
    Tab.CANNOT_SAY: frozenset({Standing.CANNOT_SAY}),
}

_REASONS = {
    reason.value: reason.label if reason.value else ""
    for reason in CommitRevision.Reason
}

_WORST = (
    Standing.BROKEN,
    Standing.NOT_ANSWERED,
    Standing.CANNOT_SAY,
    Standing.REJECTED,
    Standing.MOVED,
    Standing.ON_COURSE,
)
_RANKS = {
    item: _WORST.index(item) if item in _WORST else len(_WORST) for item in Standing
}

_MATTERS = Q(line__state=PurchaseOrderLine.State.OPEN) & (
    Q(line__need__blocked_racks__gt=0) | Q(line__need__slack_min__lt=0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One commitment on the board.

    Attributes:
        commitment_id: The commitment.
        order_number: Number of the purchase order.
        line_number: Number of the line in it.
        part_code: The part.
        part_name: Its name.
        supplier_code: The supplier.
        supplier_name: Its name.
        quantity: Pieces asked for.
        received: Pieces that have come.
        need_by: Dock date asked for.
        first_said: Last dock date of the first promise, or None.
        now_said: Last dock date of the promise that stands or was kept, or None.
        slip_days: Days from the first to the newest promise; None without one of them.
        needed_by: Dock date the published plan needs, or None.
        racks: Racks of the published plan that use pieces of it.
        blocked_racks: Those without slack left on it.
        slack_min: Minutes the earliest need lies after the promise, or None.
        standing: How it stands.
        reason: The newest answer's reason, in words; empty without one.
        by_buyer: Whether the newest promise followed the buyer's own change.
        word_by: Day of the next word, or None.
        answers: How many answers the ledger has.
        asked_at: When the order was placed, aware.
    """

    commitment_id: int
    order_number: str
    line_number: int
    part_code: str
    part_name: str
    supplier_code: str
    supplier_name: str
    quantity: int
    received: int
    need_by: date
    first_said: date | None
    now_said: date | None
    slip_days: int | None
    needed_by: date | None
    racks: int
    blocked_racks: int
    slack_min: int | None
    standing: Standing
    reason: str
    by_buyer: bool
    word_by: date | None
    answers: int
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCounts:
    """How many commitments of the board stand how.

    Attributes:
        by_standing: Count by standing; a standing nobody has is 0.
        matters: Open ones that hold racks up.
    """

    by_standing: Mapping[Standing, int]
    matters: int

    @property
    def total(self) -> int:
        """Return the count of all."""
        return sum(self.by_standing.values())

    @property
    def kept_as_first_said(self) -> int:
        """Return the count of those kept or still on course to the day first said."""
        return self.by_standing[Standing.KEPT] + self.by_standing[Standing.ON_COURSE]

    def of_tab(self, tab: Tab) -> int:
        """Return the count under a tab."""
        if tab is Tab.MATTERS:
            return self.matters
        if tab is Tab.ALL:
            return self.total
        return sum(self.by_standing[standing] for standing in _TAB_STANDINGS[tab])


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRiver:
    """How the promise of one line moved.

    Attributes:
        label: Order and line number.
        points: What was promised, oldest first; one or more.
        came: Day the last pieces came, once all have; None before.
        need_by: Dock date asked for.
    """

    label: str
    points: Sequence[RiverPoint]
    came: date | None
    need_by: date


def board_rivers(rows: Sequence[BoardRow], *, zone: ZoneInfo) -> list[BoardRiver]:
    """Return how the promises of some rows of the board moved. Three queries.

    Args:
        rows: Of the board; those that were never promised are left out.
        zone: The site's, which decides on which date something was said.
    """
    keys = [row.commitment_id for row in rows]
    said: dict[int, list[CommitRevision]] = defaultdict(list)
    for revision in (
        CommitRevision.objects.for_staff()
        .filter(commitment__in=keys)
        .prefetch_related("tranches")
        .order_by("commitment", "number")
    ):
        said[revision.commitment_id].append(revision)
    came = dict(
        PurchaseOrderLine.objects.for_staff()
        .filter(commitment__in=keys)
        .values_list("commitment", "received_in_full_on")
    )
    found = []
    for row in rows:
        points = river(sayings_of(said[row.commitment_id]), zone=zone)
        if points:
            found.append(
                BoardRiver(
                    label=f"{row.order_number} / {row.line_number}",
                    points=points,
                    came=came[row.commitment_id],
                    need_by=row.need_by,
                )
            )
    return found


def board_counts(
    site: Site, *, today: date, supplier: Supplier | None = None
) -> BoardCounts:
    """Count the board's commitments by standing. One query.

    Args:
        site: The receiving site.
        today: Date there.
        supplier: Only this one's.
    """
    rows = (
        _on_board(site, today, supplier)
        .values("standing")
        .annotate(count=Count("pk"), matters=Count("pk", filter=_MATTERS))
        .order_by()
        .values_list("standing", "count", "matters")
    )
    found = {Standing(standing): (count, some) for standing, count, some in rows}
    return BoardCounts(
        by_standing={item: found.get(item, (0, 0))[0] for item in Standing},
        matters=sum(some for _, some in found.values()),
    )


def board_rows(
    site: Site,
    *,
    today: date,
    tab: Tab = Tab.ALL,
    supplier: Supplier | None = None,
    page: int = 1,
    per_page: int = PAGE_ROWS,
) -> list[BoardRow]:
    """Return one page of the board, what holds up most racks first. Two queries.

    Args:
        site: The receiving site.
        today: Date there.
        tab: Which commitments.
        supplier: Only this one's.
        page: From 1.
        per_page: Rows a page.
    """
    rows = _on_board(site, today, supplier)
    if tab is Tab.MATTERS:
        rows = rows.filter(_MATTERS)
    elif tab is not Tab.ALL:
        rows = rows.filter(standing__in=_TAB_STANDINGS[tab])
    start = (page - 1) * per_page
    # A query of its own: PostgreSQL joins what a row shows to all that are sorted if
    # it may, and not to the page's rows alone.
    sorted_keys = _worst_first(rows, today).values_list("pk", flat=True)
    keys = list(sorted_keys[start : start + per_page])
    shown = (
        _with_newest(with_standing(Commitment.objects.for_staff(), today))
        .select_related(
            "line__purchase_order__supplier",
            "line__part",
            "line__need",
            "original",
            "current",
        )
        .in_bulk(keys)
    )
    return [_row(shown[key]) for key in keys]


def _on_board(site: Site, today: date, supplier: Supplier | None) -> QuerySet[Any]:
    """Return the board's commitments, of one supplier if one is given."""
    rows = (
        Commitment.objects.for_supplier(supplier)
        if supplier
        else Commitment.objects.for_staff()
    )
    on_board = lately(rows, today).filter(line__purchase_order__site=site)
    return with_standing(on_board, today)


def _worst_first(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    """Order by racks held up, then by how badly it stands, then by day."""
    rank = by_standing(_RANKS, today, IntegerField())
    ranked: QuerySet[Any] = rows.annotate(rank=rank)
    return ranked.order_by(
        Coalesce("line__need__blocked_racks", 0).desc(),
        F("line__received_in_full_on").desc(nulls_first=True),
        "rank",
        F("line__need__slack_min").asc(nulls_last=True),
        "line__need_by",
        "pk",
    )


def _with_newest(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate how many answers there are, and the newest one's reason."""
    newest = (
        CommitRevision.objects.for_staff()
        .filter(commitment=OuterRef("pk"))
        .order_by("-number")
    )
    newly: QuerySet[Any] = rows.annotate(
        answers=Coalesce(Subquery(newest.values("number")[:1]), 0),
        newest_reason=Coalesce(Subquery(newest.values("reason_code")[:1]), Value("")),
    )
    return newly


def _row(commitment: Any) -> BoardRow:  # noqa: ANN401 - a row with annotations
    """Return a commitment, with everything joined, as a row."""
    line, order = commitment.line, commitment.line.purchase_order
    need = getattr(line, "need", None)
    first = commitment.original.last_dock_date if commitment.original else None
    now = commitment.current.last_dock_date if commitment.current else None
    stands = commitment.state in STANDING or line.received_in_full_on is not None
    return BoardRow(
        commitment_id=commitment.pk,
        order_number=order.number,
        line_number=line.number,
        part_code=line.part.code,
        part_name=line.part.name,
        supplier_code=order.supplier.code,
        supplier_name=order.supplier.name,
        quantity=line.quantity,
        received=line.received,
        need_by=line.need_by,
        first_said=first,
        now_said=now if stands else None,
        slip_days=(now - first).days if stands and now and first else None,
        needed_by=need.needed_by if need else None,
        racks=need.racks if need else 0,
        blocked_racks=need.blocked_racks if need else 0,
        slack_min=need.slack_min if need else None,
        standing=Standing(commitment.standing),
        reason=str(_REASONS[commitment.newest_reason]),
        by_buyer=bool(
            commitment.current
            and commitment.current.cause == CommitRevision.Cause.BUYER
        ),
        word_by=commitment.word_by,
        answers=commitment.answers,
        asked_at=order.ordered_at,
    )
