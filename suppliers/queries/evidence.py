"""The evidence of trust: lines with all that happened to them, read in bulk.

Seven queries, however many lines and suppliers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet

from suppliers.ledger import Delivery, Kind
from suppliers.models import (
    CommitRevision,
    Dispute,
    Finding,
    PurchaseOrderLine,
    Receipt,
    RequestChange,
    Source,
    Tranche,
)
from suppliers.sentences import numbered
from suppliers.trust.changes import change_cases
from suppliers.trust.facts import Came, Case, Cause, Change, Line, Measure, Rules, Said
from suppliers.trust.promises import promise_cases

WINDOW_DAYS: Final = 91
"""Trust is counted over 13 weeks, and shown beside the 13 weeks before."""

_REACH: Final = 2 * WINDOW_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days whose cases are counted, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, today: date, *, quarters_ago: int = 0) -> "Window":
        """Return 13 weeks that end on a day, or so many times 13 weeks before."""
        last = today - timedelta(days=quarters_ago * WINDOW_DAYS)
        return cls(first=last - timedelta(days=WINDOW_DAYS - 1), last=last)

    def holds(self, day: date) -> bool:
        """Say whether a day lies in it."""
        return self.first <= day <= self.last


def counted_day(now: datetime) -> date:
    """Return the date where it is earliest on earth, twelve hours behind UTC.

    A day has passed when it has passed everywhere, so no line is called late while
    its dock is still open.
    """
    return (now - timedelta(hours=12)).date()


def rules() -> Rules:
    """Return how the formulas count here, by the settings."""
    return Rules(
        early_days=settings.TRUST_EARLY_DAYS,
        late_days=settings.TRUST_LATE_DAYS,
        response_h=settings.TRUST_RESPONSE_H,
    )


def cases_of(
    lines: Iterable[Line], *, today: date, now: datetime
) -> dict[int, list[Case]]:
    """Return the cases of lines by key of the line, of every day and measure."""
    counted_by = rules()
    return {
        line.key: [
            *promise_cases(line, counted_by, today=today, now=now),
            *change_cases(line, counted_by, today=today, now=now),
        ]
        for line in lines
    }


def lines_with_history(
    lines: QuerySet[PurchaseOrderLine], *, today: date
) -> dict[int, list[Line]]:
    """Return what the formulas need of some lines, by supplier. Seven queries.

    Args:
        lines: A supplier's, or everybody's, as the caller's tenant may see.
        today: Lines without a day in the last 26 weeks are left out.
    """
    since = today - timedelta(days=_REACH)
    recent = lines.filter(commitment__isnull=False).filter(
        Q(need_by__gte=since)
        | Q(commitment__original__last_dock_date__gte=since)
        | Q(commitment__current__last_dock_date__gte=since)
        | Q(received_in_full_on__gte=since)
    )
    rows = list(
        recent.order_by("pk").values_list(
            "pk",
            "purchase_order__supplier",
            "purchase_order__number",
            "number",
            "part",
            "part__code",
            "quantity",
            "need_by",
            "state",
            "purchase_order__ordered_at",
            "purchase_order__site__zone",
            "commitment",
        )
    )
    zones = {row[0]: ZoneInfo(row[10]) for row in rows}
    chosen = recent.order_by().values("pk")
    said = _said(chosen, zones)
    came = _came(chosen)
    changes = _changes(chosen, zones)
    excluded, disputed = _disputes(chosen)
    leads = {
        (supplier, part): days
        for supplier, part, days in Source.objects.for_staff()
        .filter(supplier__in={row[1] for row in rows})
        .values_list("supplier", "part", "lead_time_p50_days")
    }
    found: dict[int, list[Line]] = defaultdict(list)
    for row in rows:
        key, supplier, order, number, part, code, quantity, need_by, state, at = row[
            :10
        ]
        found[supplier].append(
            Line(
                key=key,
                commitment_key=row[11],
                name=numbered(order, number),
                part=code,
                part_key=part,
                quantity=quantity,
                need_by=need_by,
                is_cancelled=state == PurchaseOrderLine.State.CANCELLED,
                ordered_at=at,
                ordered_on=at.astimezone(zones[key]).date(),
                lead_days=leads.get((supplier, part), 0),
                said=tuple(said.get(key, ())),
                came=tuple(came.get(key, ())),
                changes=tuple(changes.get(key, ())),
                excluded=frozenset(excluded.get(key, ())),
                disputed=frozenset(disputed.get(key, ())),
            )
        )
    return found


_Lines = QuerySet[Any, Any]


def _said(lines: _Lines, zones: Mapping[int, ZoneInfo]) -> dict[int, list[Said]]:
    """Return the answers that were not taken back, by line. Two queries."""
    promises: dict[int, list[Delivery]] = defaultdict(list)
    for revision, day, quantity in (
        Tranche.objects.for_staff()
        .filter(revision__commitment__line__in=lines)
        .order_by("dock_date", "pk")
        .values_list("revision", "dock_date", "quantity")
    ):
        promises[revision].append(Delivery(day, quantity))
    found: dict[int, list[Said]] = defaultdict(list)
    for line, key, kind, cause, at, asked, received in (
        CommitRevision.objects.for_staff()
        .filter(commitment__line__in=lines)
        .order_by("commitment", "number")
        .values_list(
            "commitment__line",
            "pk",
            "kind",
            "cause",
            "made_at",
            "requested_quantity",
            "received_quantity",
        )
    ):
        if kind == Kind.UNDO:
            found[line].pop()
            continue
        found[line].append(
            Said(
                at=at,
                on=at.astimezone(zones[line]).date(),
                kind=Kind(kind),
                promise=tuple(promises.get(key, ())),
                cause=Cause(cause),
                asked=asked,
                received=received,
            )
        )
    return found


def _came(lines: _Lines) -> dict[int, list[Came]]:
    """Return receipts by line, with the pieces held or sent back. Two queries."""
    kinds = Finding.Kind
    about: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for receipt, kind, quantity in (
        Finding.objects.for_staff()
        .filter(line__in=lines, receipt__isnull=False)
        .values_list("receipt", "kind", "quantity")
    ):
        about[receipt][kind] += quantity
    found: dict[int, list[Came]] = defaultdict(list)
    for line, key, on, quantity in (
        Receipt.objects.for_staff()
        .filter(line__in=lines)
        .order_by("received_on", "pk")
        .values_list("line", "pk", "received_on", "quantity")
    ):
        found_here = about.get(key, {})
        # A hold ends with a release or a return, so a return is no second fault.
        held = max(
            found_here.get(kinds.DAMAGED, 0),
            found_here.get(kinds.RETURN, 0),
            found_here.get(kinds.HOLD, 0) - found_here.get(kinds.RELEASE, 0),
        )
        found[line].append(Came(on=on, quantity=quantity, held=min(quantity, held)))
    return found


def _changes(lines: _Lines, zones: Mapping[int, ZoneInfo]) -> dict[int, list[Change]]:
    """Return what the buyer changed, by line. One query."""
    found: dict[int, list[Change]] = defaultdict(list)
    for row in (
        RequestChange.objects.for_staff()
        .filter(line__in=lines)
        .order_by("line", "number")
    ):
        found[row.line_id].append(
            Change(
                key=row.pk,
                at=row.asked_at,
                on=row.asked_at.astimezone(zones[row.line_id]).date(),
                quantity_before=row.quantity_before,
                quantity_after=row.quantity_after,
                need_by_before=row.need_by_before,
                need_by_after=row.need_by_after,
                is_cancelled=row.is_cancelled,
            )
        )
    return found


_Keys = dict[int, set[tuple[Measure, int]]]


def _disputes(lines: _Lines) -> tuple[_Keys, _Keys]:
    """Return upheld and open disputes by line. One query."""
    upheld: _Keys = defaultdict(set)
    waiting: _Keys = defaultdict(set)
    for line, measure, change, decision in (
        Dispute.objects.for_staff()
        .filter(line__in=lines)
        .annotate(decision=F("answer__is_upheld"))
        .values_list("line", "measure", "change", "decision")
    ):
        key = (Measure(measure), change or 0)
        if decision is None:
            waiting[line].add(key)
        elif decision:
            upheld[line].add(key)
    return upheld, waiting
