"""The dock's page, on a phone: what is expected, counted where it stands."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from factory.access import Audience, allow, audience_of, granted
from factory.models import Part, Site
from factory.queries import home_site
from journal.wording import counted
from suppliers.errors import SuppliersError
from suppliers.models import Receipt, ShipmentLine
from suppliers.queries.dock import announced_line, expected, later, on_hold
from suppliers.serials import read_serials
from suppliers.services.dock import (
    Count,
    count_shipment_line,
    release_receipt,
    return_receipt,
)
from suppliers.web.forms import LARGEST

READERS = (Audience.PLANNER, Audience.QUALITY)
COUNTERS = (Audience.TECHNICIAN, Audience.BUYER)
JUDGES = (Audience.QUALITY,)
TRACED = "This part is traced: one for each piece, scanned or pasted."


class CountForm(forms.Form):
    """What was counted of one line; which part it is where another was promised."""

    good = forms.IntegerField(label="Good pieces", min_value=0, max_value=LARGEST)
    serials = forms.CharField(
        label="Their serial numbers",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "off"}),
    )
    aside = forms.IntegerField(
        label="Set aside for quality",
        required=False,
        min_value=0,
        max_value=LARGEST,
    )
    aside_serials = forms.CharField(
        label="Serial numbers of those", required=False, max_length=100_000
    )
    is_damaged = forms.BooleanField(label="They are damaged", required=False)
    wrong = forms.IntegerField(
        label="Another part", required=False, min_value=0, max_value=LARGEST
    )
    reason = forms.CharField(
        label="What is wrong, or missing", required=False, max_length=160
    )
    more = forms.BooleanField(label="More of it comes later", required=False)

    def __init__(self, *args: Any, row: ShipmentLine, **options: Any) -> None:
        """Offer the alternate that was promised beside the part ordered."""
        super().__init__(*args, **options)
        if row.line.part.trace == Part.Trace.SERIAL:
            self.fields["serials"].help_text = TRACED
            self.fields["aside_serials"].help_text = TRACED
        codes = [row.line.commitment.stands_in, row.line.part.code]
        if codes[0]:
            words = (f"{codes[0]}, promised in its place", f"{codes[1]}, as ordered")
            self.fields["part"] = forms.ChoiceField(
                label="Which part it is", choices=list(zip(codes, words, strict=True))
            )
            self.order_fields(["part"])

    def count(self) -> Count:
        """Return what was counted.

        Raises:
            SerialsRefusedError: If a serial number cannot be, or is given twice.
        """
        given = self.cleaned_data
        return Count(
            good=given["good"],
            serials=read_serials(given["serials"]),
            aside=given["aside"] or 0,
            aside_serials=read_serials(given["aside_serials"], field="aside_serials"),
            is_damaged=given["is_damaged"],
            wrong=given["wrong"] or 0,
            reason=given["reason"],
            is_last=not given["more"],
            part=given.get("part", ""),
        )


@allow(*READERS, *COUNTERS)
@require_safe
def dock(request: HttpRequest) -> HttpResponse:
    """Show what is expected today and tomorrow, and what waits for quality."""
    return _show(request, _site(request))


@allow(*READERS, writers=COUNTERS)
@require_POST
def dock_count(request: HttpRequest, shipment_line_id: int) -> HttpResponse:
    """Take the count of one line of a shipment."""
    site = _site(request)
    row = announced_line(site, shipment_line_id)
    if row is None:
        raise Http404
    form = CountForm(request.POST, prefix=f"row{row.pk}", row=row)
    if not form.is_valid():
        return _show(request, site, {row.pk: form}, status=422)
    now = timezone.now()
    try:
        receipts = count_shipment_line(
            site=site,
            shipment_line_id=row.pk,
            count=form.count(),
            received_on=timezone.localdate(now, ZoneInfo(site.zone)),
            actor=f"user:{request.user.pk}",
            now=now,
        )
    except SuppliersError as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, str(error))
        return _show(request, site, {row.pk: form}, status=422)
    messages.success(request, f"{row.line}: {_put_where(receipts)}.")
    return redirect(f"{reverse('dock')}#top")


@allow(*READERS, writers=JUDGES)
@require_POST
def dock_judge(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """Release what was set aside, or send it back."""
    receipt = get_object_or_404(on_hold(_site(request)), pk=receipt_id)
    act = {"release": release_receipt, "return": return_receipt}.get(
        request.POST.get("verb", "")
    )
    if act is None:
        messages.error(request, "Say whether to release it or to send it back.")
        return redirect("dock")
    try:
        act(
            receipt=receipt,
            reason=request.POST.get("reason", ""),
            actor=f"user:{request.user.pk}",
            now=timezone.now(),
        )
    except SuppliersError as error:
        messages.error(request, str(error))
    else:
        pieces = counted(receipt.quantity, "piece")
        done = "released" if act is release_receipt else "to be sent back"
        messages.success(request, f"{receipt.line}: {pieces} {done}.")
    return redirect("dock")


def _put_where(receipts: Iterable[Receipt]) -> str:
    """Say how many pieces of a count are in stock, and how many wait for quality."""
    good = aside = 0
    for receipt in receipts:
        if receipt.lot is not None and receipt.lot.is_on_hold:
            aside += receipt.quantity
        else:
            good += receipt.quantity
    words = f"{counted(good, 'piece')} in stock"
    return f"{words}, {aside:,} set aside for quality" if aside else words


def _site(request: HttpRequest) -> Site:
    """Return the reader's site.

    Raises:
        PermissionDenied: If there is none.
    """
    site = home_site(request.user) if isinstance(request.user, User) else None
    if site is None:
        raise PermissionDenied("There is no site yet. Import one, or load the demo.")
    return site


def _show(
    request: HttpRequest,
    site: Site,
    given: dict[int, CountForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the dock; ``given`` are the forms that came back."""
    zone = ZoneInfo(site.zone)
    today = timezone.localdate(timezone=zone)
    is_all = request.GET.get("show") == "all"
    rows = expected(site, today=today, is_all=is_all, also=(given or {}).keys())
    when = "" if is_all else " by tomorrow"
    audience = audience_of(request.user)
    context: dict[str, Any] = {
        "portal": {"name": f"{site.name} dock", "home_url": reverse("dock")},
        "rows": [
            {
                "row": row,
                "form": (given or {}).get(row.pk) or _form(row),
                "is_open": row.pk in (given or {}),
                "is_late": row.shipment.expected_on < today,
            }
            for row in rows
        ],
        "later": 0 if is_all else later(site, today=today),
        "held": on_hold(site),
        "may_count": audience in granted(COUNTERS),
        "may_judge": audience in granted(JUDGES),
        "lede": f"{counted(len(rows), 'line')} expected{when}."
        if rows
        else f"Nothing is expected{when}.",
    }
    with timezone.override(zone):
        return render(request, "suppliers/dock.html", context, status=status)


def _form(row: ShipmentLine) -> CountForm:
    """Return the form of a line as announced: one tap confirms it."""
    return CountForm(
        prefix=f"row{row.pk}",
        row=row,
        initial={
            "good": row.outstanding,
            "serials": "\n".join(one.serial for one in row.serials.all())
            if not row.received
            else "",
        },
    )
