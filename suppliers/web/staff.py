"""Staff pages: one commitment's whole ledger, and the suppliers.

A buyer may answer for a supplier that answered by telephone; the ledger says through
which door, and whose doing it was.
"""

from datetime import date
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import Site
from suppliers.errors import SuppliersError
from suppliers.models import Commitment, Supplier
from suppliers.queries.alternates import approved_alternates
from suppliers.queries.arrivals import expected_of
from suppliers.queries.board import PAGE_ROWS, Tab, board_counts, board_rows
from suppliers.queries.directory import directory
from suppliers.queries.history import history, river, with_everything
from suppliers.queries.trust import open_disputes, trust_in
from suppliers.sentences import line_name, promise_words
from suppliers.services.author import Author, Cause, Door
from suppliers.services.hold import standing_promise
from suppliers.web.answers import forms_for
from suppliers.web.effects import effect_of
from suppliers.web.forms import FORMS, AnswerForm, PromiseForm
from suppliers.web.quadrant import quadrant
from suppliers.web.river import WIDE, drawn

ANSWERERS = (Audience.BUYER, Audience.PLANNER)


class CauseForm(forms.Form):
    """Whose doing an answer is, when staff record it."""

    cause = forms.ChoiceField(label="Whose doing", choices=Cause.choices)


@allow(*OFFICE)
@require_safe
def commitment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one commitment: who said what, when, why, through which door."""
    return _show(request, _commitment(request, pk), {})


@allow(*OFFICE, writers=ANSWERERS)
@require_POST
def commitment_answer(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Record an answer on the supplier's behalf."""
    row = _commitment(request, pk)
    form, cause = FORMS[verb](request.POST), CauseForm(request.POST)
    if "more" in request.POST and isinstance(form, PromiseForm):
        return _show(request, row, {verb: form.with_another_row()}, cause=cause)
    if not cause.is_valid():
        return _show(request, row, {verb: form}, cause=cause, status=422)
    author = Author.of_user(
        request.user,  # type: ignore[arg-type]  # allow() has seen to that
        door=Door.PLANNER,
        cause=Cause(cause.cleaned_data["cause"]),
    )
    try:
        sent = form.send(line_id=row.line_id, author=author, now=timezone.now())
    except SuppliersError as error:
        messages.error(request, str(error))
        return _show(request, _commitment(request, pk), {}, status=409)
    if sent is None:
        return _show(request, row, {verb: form}, cause=cause, status=422)
    messages.success(request, f"{line_name(row.line)}: recorded.")
    return redirect("commitment", pk=pk)


@allow(*OFFICE)
@require_safe
def suppliers(request: HttpRequest) -> HttpResponse:
    """List the suppliers, those with most broken promises first."""
    site = _site(request)
    rows = directory(today=today_at(site), site=site)
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "suppliers/suppliers.html",
        {
            "page": page,
            "total": len(rows),
            "broken": sum(row.broken for row in rows),
            "quadrant": quadrant(rows),
            "disputes": open_disputes(site),
        },
    )


@allow(*OFFICE)
@require_safe
def supplier(request: HttpRequest, code: str) -> HttpResponse:
    """Show one supplier: people, sources and commitments, the worst first."""
    row = get_object_or_404(Supplier, code=code)
    site = site_of_staff(request)
    today = today_at(site)
    counts = board_counts(site, today=today, supplier=row)
    paginator = Paginator(range(counts.total), PAGE_ROWS)
    page = paginator.get_page(request.GET.get("page"))
    return render(
        request,
        "suppliers/supplier.html",
        {
            "supplier": row,
            "people": row.people.select_related("user").order_by("pk"),
            "sources": row.sources.select_related("part").order_by("part__code"),
            "counts": counts,
            "trust": trust_in(row),
            "page": page,
            "rows": board_rows(
                site, today=today, tab=Tab.ALL, supplier=row, page=page.number
            ),
        },
    )


def site_of_staff(request: HttpRequest) -> Site:
    """Return the site a member of staff works for; an administrator's is the first."""
    site = _site(request) or Site.objects.order_by("pk").first()
    if site is None:
        raise Http404
    return site


def _site(request: HttpRequest) -> Site | None:
    """Return the site a member of staff works for; an administrator has none."""
    profile = getattr(request.user, "staff_profile", None)
    return None if profile is None else profile.site


def today_at(site: Site | None) -> date:
    """Return the date at a site; UTC's without one."""
    return timezone.localdate(timezone=ZoneInfo(site.zone) if site else None)


def _commitment(request: HttpRequest, pk: int) -> Commitment:
    """Return a commitment of the reader's site."""
    rows = with_everything(Commitment.objects.for_staff().filter(pk=pk))
    site = _site(request)
    if site is not None:
        rows = rows.filter(line__purchase_order__site=site)
    return get_object_or_404(rows)


def _show(
    request: HttpRequest,
    row: Commitment,
    given: dict[str, AnswerForm],
    *,
    cause: CauseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a commitment with its forms; ``given`` are those that came back."""
    line = row.line
    zone = ZoneInfo(line.purchase_order.site.zone)
    today = timezone.localdate(timezone=zone)
    ledger = history(row)
    points = river(ledger.sayings, zone=zone)
    promise = standing_promise(row, line)
    need = getattr(line, "need", None)
    with timezone.override(zone):
        return render(
            request,
            "suppliers/commitment.html",
            {
                "commitment": row,
                "line": line,
                "need": need,
                "promised": promise_words(promise, today),
                "expected": expected_of(line, promise, today=today),
                "effect": effect_of(line, need, promise, today, is_own=False),
                "ledger": ledger,
                "river": drawn(
                    points, ledger, need_by=line.need_by, today=today, width=WIDE
                ),
                "forms": forms_for(
                    row,
                    promise,
                    today,
                    given,
                    approved_alternates(line.part_id, by=max(today, line.need_by)),
                ),
                "cause": cause or CauseForm(),
                "open": next(iter(given), ""),
                "may_answer": _may_answer(request),
            },
            status=status,
        )


def _may_answer(request: HttpRequest) -> bool:
    """Say whether the reader may record answers."""
    return audience_of(request.user) in granted(ANSWERERS)
