"""Trust and its evidence: one page, read by the buyer and by the supplier alike.

A supplier disputes a case on it, the buyer answers there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from suppliers.models import Dispute, PurchaseOrderLine, RequestChange, Supplier
from suppliers.queries.trust import (
    BuyerCase,
    Trust,
    disputes_at,
    disputes_of,
    lines_at,
    open_disputes,
    trust_of,
)
from suppliers.services import disputes
from suppliers.services.author import Author, Door
from suppliers.services.checks import NOTE_MAX
from suppliers.services.disputes import DisputeRefusedError
from suppliers.tenancy import Tenant
from suppliers.trust.changes import BuyerMeasure
from suppliers.trust.facts import Case, Measure
from suppliers.trust.figures import WEIGHTS, Figure
from suppliers.web.portal import portal_page
from suppliers.web.staff import ANSWERERS, site_of_staff
from suppliers.web.tenant import for_tenant

SUPPLIER = (Audience.SUPPLIER,)
CASES_A_PAGE = 25

SHORT: Final[dict[Measure, str]] = {
    Measure.ORIGINAL: _("First promise kept"),
    Measure.CURRENT: _("Newest promise kept"),
    Measure.STABILITY: _("Stability"),
    Measure.RESPONSE: _("Response"),
    Measure.QUALITY: _("Quality"),
    Measure.WARNING: _("Early warning"),
    Measure.ABSORPTION: _("Changes absorbed"),
}
"""Measures in a table's first column."""

BUYER_WORDS: Final[dict[BuyerMeasure, str]] = {
    BuyerMeasure.LEAD_TIME: _("Orders in lead time"),
    BuyerMeasure.NOTICE: _("Changes in lead time"),
    BuyerMeasure.STEADY: _("Lines never changed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """One measure in the table: its name, figures and address."""

    name: str
    url: str
    now: Figure
    before: Figure | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One part in the table; ``query`` shows its cases."""

    part: str
    query: str
    original: Figure
    current: Figure
    quality: Figure
    overall: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case in the list.

    Attributes:
        case: A supplier's or the buyer's.
        url: Of the line.
        dispute: What was contested, or None.
        can_be_disputed: Whether the reader may contest it.
    """

    case: Case | BuyerCase
    url: str
    dispute: Dispute | None = None
    can_be_disputed: bool = False


@allow(*OFFICE)
@require_safe
def supplier_trust(request: HttpRequest, code: str) -> HttpResponse:
    """Show a supplier's trust and the cases behind every number."""
    row = get_object_or_404(Supplier, code=code)
    site = site_of_staff(request)
    context = {
        "supplier": row,
        "disputes": open_disputes(site, row),
        **_page(request, lines_at(row, site), is_supplier=False),
    }
    return render(request, "suppliers/supplier_trust.html", context)


@allow(Audience.SUPPLIER)
@require_safe
@for_tenant
def portal_trust(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the supplier what the buyer sees of it, and of the buyer."""
    context = _page(request, tenant.lines(), is_supplier=True)
    context["may_dispute"] = tenant.can_answer
    return portal_page(request, tenant, "suppliers/portal_trust.html", context)


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_tenant
def portal_dispute(request: HttpRequest, tenant: Tenant, line_id: int) -> HttpResponse:
    """Contest one case of one of the supplier's lines."""
    line = (
        tenant.lines()
        .select_related("purchase_order__supplier", "part")
        .filter(pk=line_id)
        .first()
    )
    measure = request.POST.get("measure", "")
    if line is None or measure not in Measure.values:
        raise Http404
    change = _change(request, line) if measure == Measure.ABSORPTION else None
    try:
        disputes.dispute(
            case=disputes.Case(line=line, measure=Measure(measure), change=change),
            note=request.POST.get("note", ""),
            author=Author.of_user(tenant.person, door=Door.PORTAL),
            now=timezone.now(),
        )
    except DisputeRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            gettext(
                "Kept. The case counts until the buyer has answered; you are told."
            ),
        )
    return redirect(f"{reverse('own_trust')}?{urlencode({'measure': measure})}")


def _change(request: HttpRequest, line: PurchaseOrderLine) -> RequestChange:
    """Return the buyer's change a dispute of absorption is about."""
    found: RequestChange | None = None
    for row in line.request_changes.all():
        if str(row.pk) == request.POST.get("change"):
            found = row
    if found is None:
        raise Http404
    return found


@allow(*OFFICE, writers=ANSWERERS)
@require_POST
def dispute_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Answer a dispute, once."""
    supplier = get_object_or_404(Supplier, code=code)
    row = get_object_or_404(disputes_at(supplier, site_of_staff(request)), pk=pk)
    decision = request.POST.get("decision")
    if decision not in {"uphold", "dismiss"}:
        raise Http404
    try:
        disputes.answer(
            row=row,
            is_upheld=decision == "uphold",
            note=request.POST.get("note", ""),
            author=Author.of_user(
                request.user,  # type: ignore[arg-type]  # allow() has seen to that
                door=Door.PLANNER,
            ),
            now=timezone.now(),
        )
    except DisputeRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Answered. The supplier sees it on the same page.")
    address = reverse("supplier_trust", args=[code])
    return redirect(f"{address}?{urlencode({'measure': row.measure})}")


def _page(
    request: HttpRequest, lines: QuerySet[PurchaseOrderLine], *, is_supplier: bool
) -> dict[str, Any]:
    """Return what both pages show."""
    trust = trust_of(lines, now=timezone.now())
    wanted = request.GET.get("measure", "")
    part = request.GET.get("part", "").replace("\0", "")[:40]
    buyer = BuyerMeasure(wanted) if wanted in {*BuyerMeasure} else None
    measure = Measure(wanted) if wanted in Measure.values else Measure.ORIGINAL
    cases: Sequence[Case | BuyerCase] = (
        trust.of_buyer(buyer) if buyer else trust.of_measure(measure, part=part)
    )
    page = Paginator(cases, CASES_A_PAGE).get_page(request.GET.get("page"))
    return {
        "trust": trust,
        "rows": _case_rows(page, is_supplier=is_supplier),
        "page": page,
        "query": urlencode({"measure": buyer or measure, "part": part}),
        "part": "" if buyer else part,
        "title": gettext(BUYER_WORDS[buyer]) if buyer else measure.label,
        "is_buyer": buyer is not None,
        "measure": measure,
        "parts": [
            PartRow(
                part=row.part,
                query=urlencode({"measure": measure, "part": row.part}),
                original=row.figures.of(Measure.ORIGINAL),
                current=row.figures.of(Measure.CURRENT),
                quality=row.figures.of(Measure.QUALITY),
                overall=row.figures.overall,
            )
            for row in trust.parts
        ],
        "measures": _measures(trust, None if buyer else measure),
        "buyer_measures": [
            MeasureRow(
                name=gettext(words),
                url=f"?measure={one}",
                now=trust.buyer[one],
                before=None,
                is_current=one == buyer,
            )
            for one, words in BUYER_WORDS.items()
        ],
        "weights": {measure.value: weight for measure, weight in WEIGHTS.items()},
        "may_answer": audience_of(request.user) in granted(ANSWERERS),
        "note_max": NOTE_MAX,
    }


def _measures(trust: Trust, current: Measure | None) -> list[MeasureRow]:
    """Return the table of measures."""
    return [
        MeasureRow(
            name=gettext(SHORT[measure]),
            url=f"?measure={measure}",
            now=trust.now.of(measure),
            before=trust.before.of(measure),
            is_current=measure == current,
        )
        for measure in Measure
    ]


def _case_rows(page: Page[Case | BuyerCase], *, is_supplier: bool) -> list[CaseRow]:
    """Return the cases of a page with their disputes. One query."""
    lines = [case.line for case in page.object_list]
    contested = disputes_of(line.key for line in lines)
    rows = []
    for case, line in zip(page.object_list, lines, strict=True):
        dispute = None
        if isinstance(case, Case):
            dispute = contested.get((line.key, case.measure, case.change))
        rows.append(
            CaseRow(
                case=case,
                url=reverse("portal_line", args=[line.key])
                if is_supplier
                else reverse("commitment", args=[line.commitment_key]),
                dispute=dispute,
                can_be_disputed=is_supplier
                and isinstance(case, Case)
                and dispute is None
                and case.points < 1,
            )
        )
    return rows
