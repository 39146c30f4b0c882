"""What to expedite: open lines by the rack-days their pieces would save, and parts.

Rack-days saved is the sum, over racks, of the days for which the published plan waits
for a line's pieces: the bars of the waterfall that name it. It is the most that can be
saved, since another limit may take the line's place; bars never count a minute twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from factory.models import Site, Unit
from suppliers.ledger import STANDING
from suppliers.models import Commitment, PurchaseOrderLine
from suppliers.queries.history import with_everything
from suppliers.queries.mail import Fate, fates
from suppliers.queries.standing import Standing, with_standing

PAGE_ROWS = 50
MINUTES_A_DAY = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are asked for; empty fields leave nothing out.

    Attributes:
        supplier: Code of one supplier.
        part: Code of one part.
        standing: How they stand.
    """

    supplier: str = ""
    part: str = ""
    standing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpediteRow:
    """One line that holds racks up.

    Attributes:
        commitment: With line, order, supplier, part and need.
        standing: How it stands.
        promised: Last dock date promised, or None.
        fate: What became of the newest mail about it; None: none was sent.
    """

    commitment: Commitment
    standing: Standing
    promised: date | None
    fate: Fate | None

    @property
    def line(self) -> PurchaseOrderLine:
        """Return the line."""
        return self.commitment.line

    @property
    def rack_days(self) -> float:
        """Return how many rack-days its pieces would save at most."""
        return rack_days(self.line.need.wait_rack_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpediteTotals:
    """What the lines asked for come to.

    Attributes:
        lines: How many.
        wait_rack_min: Rack-minutes racks wait for them.
        suppliers: Suppliers to choose from: code and name.
        parts: Parts to choose from: code and name.
    """

    lines: int
    wait_rack_min: int
    suppliers: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def rack_days(self) -> float:
        """Return the rack-days of all of them."""
        return rack_days(self.wait_rack_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenScrew:
    """One part that holds racks up.

    Attributes:
        code: The part's code.
        name: Its name.
        price_cents: Of one piece.
        racks: Racks without slack on it, each once.
        value_cents: What those racks are worth; None before a plan is published.
        missing: Pieces still to come on the lines that hold them up.
        wait_rack_min: Rack-minutes they wait for it.
        lines: Those lines, the one that costs most first.
    """

    code: str
    name: str
    price_cents: int
    racks: int
    value_cents: int | None
    missing: int
    wait_rack_min: int
    lines: tuple[PurchaseOrderLine, ...]

    @property
    def rack_days(self) -> float:
        """Return the rack-days they wait for it."""
        return rack_days(self.wait_rack_min)


def rack_days(minutes: int) -> float:
    """Return rack-minutes as rack-days, to a tenth."""
    return round(minutes / MINUTES_A_DAY, 1)


def to_expedite(site: Site, wanted: Wanted, *, today: date) -> QuerySet[Any]:
    """Return commitments that hold racks up, most rack-days first."""
    rows = with_standing(
        Commitment.objects.for_staff().filter(
            line__purchase_order__site=site, line__state=PurchaseOrderLine.State.OPEN
        ),
        today,
    ).filter(Q(line__need__wait_rack_min__gt=0) | Q(line__need__blocked_racks__gt=0))
    if wanted.supplier:
        rows = rows.filter(line__purchase_order__supplier__code=wanted.supplier)
    if wanted.part:
        rows = rows.filter(line__part__code=wanted.part)
    if wanted.standing:
        rows = rows.filter(standing=wanted.standing)
    return rows.order_by(
        "-line__need__wait_rack_min",
        "-line__need__blocked_racks",
        "line__need__slack_min",
        "line__need_by",
        "pk",
    )


def expedite_rows(rows: QuerySet[Any], *, now: datetime) -> list[ExpediteRow]:
    """Return commitments as rows. Three queries."""
    found = list(
        rows.select_related(
            "line__purchase_order__supplier", "line__part", "line__need", "current"
        )
    )
    mailed = fates([row.line_id for row in found], now=now)
    return [
        ExpediteRow(
            commitment=row,
            standing=Standing(row.standing),
            promised=row.current.last_dock_date
            if row.current and row.state in STANDING
            else None,
            fate=mailed.get(row.line_id),
        )
        for row in found
    ]


def expedite_totals(site: Site, wanted: Wanted, *, today: date) -> ExpediteTotals:
    """Sum up what is asked for, and what could be. Three queries."""
    rows = to_expedite(site, wanted, today=today).order_by()
    summed = rows.aggregate(wait=Sum("line__need__wait_rack_min"))
    every = to_expedite(site, Wanted(), today=today).order_by()
    choices = every.values_list(
        "line__purchase_order__supplier__code",
        "line__purchase_order__supplier__name",
        "line__part__code",
        "line__part__name",
    ).distinct()
    found = list(choices)
    return ExpediteTotals(
        lines=rows.count(),
        wait_rack_min=summed["wait"] or 0,
        suppliers=_sorted((code, name) for code, name, _, _ in found),
        parts=_sorted((code, name) for _, _, code, name in found),
    )


def one_commitment(site: Site, pk: int) -> Commitment | None:
    """Return a commitment to a site, with what a page shows. One query."""
    rows = Commitment.objects.for_staff().filter(pk=pk, line__purchase_order__site=site)
    return with_everything(rows).first()


def golden_screws(site: Site) -> list[GoldenScrew]:
    """Return the parts that hold racks up, by the value of those racks. Two queries."""
    lines = list(
        PurchaseOrderLine.objects.for_staff()
        .filter(
            purchase_order__site=site,
            state=PurchaseOrderLine.State.OPEN,
            need__blocked_racks__gt=0,
        )
        .select_related("part", "need", "purchase_order__supplier", "commitment")
        .order_by(F("need__wait_rack_min").desc(), "need_by", "pk")
    )
    by_part: dict[int, list[PurchaseOrderLine]] = defaultdict(list)
    for line in lines:
        by_part[line.part_id].append(line)
    prices = _prices({serial for line in lines for serial in line.need.blocked_serials})
    screws = [_screw(rows, prices) for rows in by_part.values()]
    return sorted(
        screws,
        key=lambda row: (-(row.value_cents or 0), -row.racks, -row.wait_rack_min),
    )


def _screw(lines: list[PurchaseOrderLine], prices: Mapping[str, int]) -> GoldenScrew:
    """Sum up the lines of one part."""
    part = lines[0].part
    serials = {serial for line in lines for serial in line.need.blocked_serials}
    return GoldenScrew(
        code=part.code,
        name=part.name,
        price_cents=part.price_cents,
        racks=len(serials) or max(line.need.blocked_racks for line in lines),
        value_cents=sum(prices.get(serial, 0) for serial in serials)
        if serials
        else None,
        missing=sum(line.outstanding for line in lines),
        wait_rack_min=sum(line.need.wait_rack_min for line in lines),
        lines=tuple(lines),
    )


def _prices(serials: set[str]) -> dict[str, int]:
    """Return what racks are worth, in cents, by serial. One query."""
    rows = Unit.objects.racks().filter(serial__in=serials, rack_model__isnull=False)
    return dict(rows.values_list("serial", "rack_model__price_cents"))


def _sorted(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs once each, by name."""
    return tuple(sorted(set(pairs), key=lambda pair: pair[1]))
