"""One supplier's trust with its evidence: the same page for buyer and supplier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet

from factory.models import Site
from suppliers.models import Dispute, PurchaseOrderLine, Score, Supplier
from suppliers.queries.evidence import (
    Window,
    cases_of,
    counted_day,
    lines_with_history,
    rules,
)
from suppliers.trust.changes import BuyerMeasure, buyer_cases
from suppliers.trust.facts import Case, Line, Measure
from suppliers.trust.figures import Figure, Figures, figures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerCase:
    """One case for or against the buyer."""

    measure: BuyerMeasure
    line: Line
    on: date
    points: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFigures:
    """The figures of one part of a supplier; ``part`` is its code."""

    part: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A supplier's figures and the cases behind them.

    Attributes:
        window: The days counted.
        now: Figures of the window.
        before: Figures of the 13 weeks before it.
        parts: By part, those with most misses first.
        cases: Of the window, newest first.
        buyer: The buyer's figures towards this supplier.
        buyer_cases: The cases behind them, newest first.
    """

    window: Window
    now: Figures
    before: Figures
    parts: Sequence[PartFigures]
    cases: Sequence[Case]
    buyer: Mapping[BuyerMeasure, Figure]
    buyer_cases: Sequence[BuyerCase]

    def of_measure(self, measure: Measure, *, part: str = "") -> list[Case]:
        """Return the cases of a measure, the worst first, then the newest."""
        return sorted(
            (
                case
                for case in self.cases
                if case.measure == measure and part in {"", case.line.part}
            ),
            key=lambda case: case.points,
        )

    def of_buyer(self, measure: BuyerMeasure) -> list[BuyerCase]:
        """Return the buyer's cases of a measure, the worst first, then the newest."""
        return sorted(
            (case for case in self.buyer_cases if case.measure == measure),
            key=lambda case: case.points,
        )


def trust_of(lines: QuerySet[PurchaseOrderLine], *, now: datetime) -> Trust:
    """Return what a supplier's lines say. Eight queries, however many lines.

    Args:
        lines: One supplier's, as the reader may see them.
        now: The moment, aware.
    """
    today = counted_day(now)
    window, earlier = Window.of(today), Window.of(today, quarters_ago=1)
    found = [
        row for rows in lines_with_history(lines, today=today).values() for row in rows
    ]
    cases = [
        case
        for group in cases_of(found, today=today, now=now).values()
        for case in group
    ]
    counted = sorted(
        (case for case in cases if window.holds(case.on)),
        key=lambda case: (case.on, case.line.key),
        reverse=True,
    )
    counted_by = rules()
    for_buyer = sorted(
        (
            BuyerCase(
                measure=measure,
                line=line,
                on=on,
                points=points,
                sentence=sentence,
            )
            for line in found
            for measure, on, points, sentence in buyer_cases(
                line, counted_by, today=today
            )
            if window.holds(on)
        ),
        key=lambda case: (case.on, case.line.key),
        reverse=True,
    )
    return Trust(
        window=window,
        now=figures_of(counted),
        before=figures_of(case for case in cases if earlier.holds(case.on)),
        parts=_by_part(counted),
        cases=counted,
        buyer=_of_buyer(for_buyer),
        buyer_cases=for_buyer,
    )


def disputes_of(lines: Iterable[int]) -> dict[tuple[int, str, int], Dispute]:
    """Return disputes by line, measure and key of a change. One query."""
    rows = (
        Dispute.objects.for_staff()
        .filter(line__in=set(lines))
        .select_related("answer", "by", "answer__by")
    )
    return {(row.line_id, row.measure, row.change_id or 0): row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """One supplier's figures: of this window and of the one before."""

    now: Figures
    before: Figures


def lines_at(supplier: Supplier, site: Site | None) -> QuerySet[PurchaseOrderLine]:
    """Return a supplier's lines for a site, or for every one."""
    lines = PurchaseOrderLine.objects.for_supplier(supplier)
    return lines if site is None else lines.filter(purchase_order__site=site)


def disputes_at(supplier: Supplier, site: Site | None) -> QuerySet[Dispute]:
    """Return a supplier's disputes of lines for a site, or for every one."""
    rows = Dispute.objects.for_supplier(supplier).select_related(
        "line__purchase_order__supplier"
    )
    return rows if site is None else rows.filter(line__purchase_order__site=site)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDisputes:
    """Disputes of one supplier about one measure that wait for the buyer's answer."""

    code: str
    supplier: str
    measure: Measure
    count: int


def open_disputes(
    site: Site | None, supplier: Supplier | None = None
) -> list[OpenDisputes]:
    """Return what waits for an answer at a site, or of every one. One query."""
    rows = Dispute.objects.for_staff().filter(answer__isnull=True)
    if site is not None:
        rows = rows.filter(line__purchase_order__site=site)
    if supplier is not None:
        rows = rows.filter(line__purchase_order__supplier=supplier)
    of = "line__purchase_order__supplier"
    found = (
        rows.order_by()
        .values_list(f"{of}__name", f"{of}__code", "measure")
        .annotate(count=Count("pk"))
        .order_by(f"{of}__name", f"{of}__code", "measure")
    )
    return [
        OpenDisputes(supplier=name, code=code, measure=Measure(measure), count=count)
        for name, code, measure, count in found
    ]


def trust_in(supplier: Supplier) -> Figures | None:
    """Return a supplier's figures as they were worked out last. One query."""
    row = Score.objects.for_supplier(supplier).filter(quarters_ago=0).first()
    return None if row is None else Figures.from_json(row.figures)


def marks() -> dict[int, Marks]:
    """Return every supplier's figures as they were worked out last. One query."""
    kept: dict[int, dict[int, Figures]] = {}
    for supplier, quarters_ago, figures in Score.objects.for_staff().values_list(
        "supplier", "quarters_ago", "figures"
    ):
        kept.setdefault(supplier, {})[quarters_ago] = Figures.from_json(figures)
    nothing = Figures(by_measure={})
    return {
        supplier: Marks(
            now=windows.get(0, nothing),
            before=windows.get(1, nothing),
        )
        for supplier, windows in kept.items()
    }


def _by_part(cases: Iterable[Case]) -> list[PartFigures]:
    """Return the figures of each part."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.line.part, []).append(case)
    rows = [
        PartFigures(part=part, figures=figures_of(group))
        for part, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (_missed(row.figures), row.part))


def _missed(figures: Figures) -> float:
    """Return how many first promises were missed, negative, to sort by."""
    figure = figures.of(Measure.ORIGINAL)
    return figure.points - figure.cases


def _of_buyer(cases: Iterable[BuyerCase]) -> dict[BuyerMeasure, Figure]:
    """Return the buyer's figures, of every measure."""
    found = dict.fromkeys(BuyerMeasure, Figure())
    for case in cases:
        so_far = found[case.measure]
        found[case.measure] = Figure(so_far.cases + 1, so_far.points + case.points)
    return found
