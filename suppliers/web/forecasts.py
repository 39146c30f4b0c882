"""Needs ahead: the supplier's page with its answers, the buyer's with the gaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow
from factory.models import Part
from journal.wording import full_date, grouped
from suppliers.errors import AnswerRefusedError
from suppliers.horizon import week_of
from suppliers.models import ForecastBucket
from suppliers.queries.forecasts import (
    Cell,
    PartForecast,
    site_forecast,
    supplier_forecast,
)
from suppliers.services import forecasts
from suppliers.services.author import Author, Door
from suppliers.services.checks import NOTE_MAX
from suppliers.services.forecasts import LARGEST
from suppliers.tenancy import Tenant
from suppliers.web.forms import date_field
from suppliers.web.portal import portal_page
from suppliers.web.staff import site_of_staff
from suppliers.web.tenant import for_tenant

SUPPLIER = (Audience.SUPPLIER,)
PAGE_ROWS = 25
WHOLE = _("Say a whole number from 0 to 2,147,483,647.")


class ForecastForm(forms.Form):
    """What can be delivered, a field a bucket; an empty field answers nothing."""

    def __init__(
        self, parts: Iterable[PartForecast], data: QueryDict | None = None
    ) -> None:
        """Make a field of every bucket that was told."""
        super().__init__(data)
        self.asked: dict[int, int] = {}
        for part in parts:
            for cell in (*part.weeks, *part.quarters):
                if cell.bucket is not None:
                    self.fields[_field(cell.bucket)] = _pieces(part, cell)
                    self.asked[cell.bucket] = cell.forecast

    def quantities(self) -> dict[int, int]:
        """Return pieces by bucket, of those that were filled in."""
        return {
            bucket: self.cleaned_data[_field(bucket)]
            for bucket in self.asked
            if self.cleaned_data.get(_field(bucket)) is not None
        }


def _field(bucket: int) -> str:
    return f"bucket-{bucket}"


def _pieces(part: PartForecast, cell: Cell) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext("%(part)s, from %(day)s")
        % {"part": part.part.code, "day": full_date(cell.starts_on)},
        required=False,
        min_value=0,
        max_value=LARGEST,
        initial=cell.committed,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), WHOLE),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input"}),
    )


class CapacityForm(forms.Form):
    """How many pieces a week can be made from a Monday on."""

    per_week = forms.IntegerField(
        label=_("Pieces a week"),
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text=_("Leave it empty to lift the limit."),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), WHOLE),
    )
    valid_from = date_field(_("From Monday"))
    note = forms.CharField(label=_("Note"), required=False, max_length=NOTE_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A cell with the field that answers it."""

    cell: Cell
    field: forms.BoundField | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """One part as the page shows it."""

    forecast: PartForecast
    weeks: Sequence[_Row]
    quarters: Sequence[_Row]
    capacity: CapacityForm


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@for_tenant
def needs_ahead(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show what will be needed; a POST answers it."""
    if request.method != "POST":
        return _show(request, tenant)
    tenant.must_answer()
    parts, _ = supplier_forecast(tenant.acting(), now=timezone.now())
    form = ForecastForm(parts, request.POST)
    if not form.is_valid():
        return _show(request, tenant, form=form, status=422)
    try:
        said = forecasts.answer(
            supplier=tenant.supplier,
            quantities=_meant(form, request),
            author=Author.of_user(tenant.person, door=Door.PORTAL),
            now=timezone.now(),
        )
    except AnswerRefusedError as error:
        messages.error(request, str(error))
        return _show(request, tenant, form=form, status=422)
    words = gettext("Nothing differed.")
    if said:
        words = ngettext("%(count)s answer kept.", "%(count)s answers kept.", said) % {
            "count": grouped(said)
        }
    messages.success(request, words)
    return redirect("needs_ahead")


def _meant(form: ForecastForm, request: HttpRequest) -> dict[int, int]:
    """Return what is answered: as filled in, or all as asked for one part.

    "As asked" means what the page showed, which may have changed since.
    """
    if "accept" not in request.POST:
        return form.quantities()
    shown = {}
    for bucket in form.asked:
        given = request.POST.get(f"asked-{request.POST['accept']}-{bucket}", "")
        if given.isascii() and given.isdecimal() and int(given) <= LARGEST:
            shown[bucket] = int(given)
    return shown


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_tenant
def needs_ahead_seen(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Note that the reader knows the forecast as it stands."""
    forecasts.look(person=tenant.acting(), now=timezone.now())
    messages.success(request, gettext("Changes from now on are marked."))
    return redirect("needs_ahead")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_tenant
def capacity(request: HttpRequest, tenant: Tenant, part_id: int) -> HttpResponse:
    """Take what the supplier can make of a part."""
    tenant.must_answer()
    approved = tenant.sources().values("part")
    part = get_object_or_404(Part, pk__in=approved, pk=part_id)
    form = CapacityForm(request.POST, prefix=f"capacity-{part.pk}")
    if not form.is_valid():
        return _show(request, tenant, declared=form, status=422)
    try:
        forecasts.declare_capacity(
            supplier=tenant.supplier,
            part=part,
            per_week=form.cleaned_data["per_week"],
            valid_from=form.cleaned_data["valid_from"],
            note=form.cleaned_data["note"],
            author=Author.of_user(tenant.person, door=Door.PORTAL),
            now=timezone.now(),
        )
    except AnswerRefusedError as error:
        known = error.field if error.field in form.fields else None
        form.add_error(known, str(error))
        return _show(request, tenant, declared=form, status=422)
    messages.success(
        request,
        gettext("%(part)s: capacity kept. Plans reckon with it.") % {"part": part.code},
    )
    return redirect(f"{reverse('needs_ahead')}#top")


@allow(*OFFICE)
@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    """Show the site's needs ahead, the largest gaps first."""
    now = timezone.now()
    is_weekly = request.GET.get("by") != "quarter"
    span = ForecastBucket.Span.WEEK if is_weekly else ForecastBucket.Span.QUARTER
    rows = site_forecast(site_of_staff(request), now=now, span=span)
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "suppliers/forecast.html",
        {
            "page": page,
            "short": sum(row.short > 0 for row in rows),
            "silent": sum(row.unanswered > 0 for row in rows),
            "starts": [cell.starts_on for cell in rows[0].cells] if rows else [],
            "is_weekly": is_weekly,
            "query": "" if is_weekly else "by=quarter",
            "tabs": [
                {
                    "label": label,
                    "url": f"{reverse('forecast')}{query}",
                    "current": current,
                }
                for label, query, current in (
                    ("Weeks", "", is_weekly),
                    ("Quarters", "?by=quarter", not is_weekly),
                )
            ],
        },
    )


def _show(
    request: HttpRequest,
    tenant: Tenant,
    *,
    form: ForecastForm | None = None,
    declared: CapacityForm | None = None,
    status: int = 200,
) -> HttpResponse:
    parts, since = supplier_forecast(tenant.acting(), now=timezone.now())
    form = form or ForecastForm(parts)
    cards = [_card(part, form, declared) for part in parts]
    context = {
        "cards": cards,
        "since": since,
        "changed": sum(
            cell.change != 0 for part in parts for cell in (*part.weeks, *part.quarters)
        ),
        "silent": sum(part.unanswered for part in parts),
    }
    return portal_page(request, tenant, "suppliers/needs_ahead.html", context, status)


def _card(
    part: PartForecast, form: ForecastForm, declared: CapacityForm | None
) -> _Card:
    prefix = f"capacity-{part.part.pk}"
    given = declared if declared and declared.prefix == prefix else None
    return _Card(
        forecast=part,
        weeks=_rows(part.weeks, form),
        quarters=_rows(part.quarters, form),
        capacity=given or _capacity_form(part, prefix),
    )


def _capacity_form(part: PartForecast, prefix: str) -> CapacityForm:
    """Return the form as it was last said, from the supplier's own week on."""
    said = part.declared[-1].per_week if part.declared else None
    monday = week_of(timezone.localdate())
    form = CapacityForm(prefix=prefix, initial={"per_week": said, "valid_from": monday})
    # The picker then offers Mondays alone.
    form.fields["valid_from"].widget.attrs |= {"min": f"{monday}", "step": "7"}
    return form


def _rows(cells: Iterable[Cell], form: ForecastForm) -> list[_Row]:
    return [
        _Row(
            cell=cell,
            field=(
                form[_field(cell.bucket)]
                if cell.bucket is not None and _field(cell.bucket) in form.fields
                else None
            ),
        )
        for cell in cells
    ]
