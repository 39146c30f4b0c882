"""Capable to promise: how early racks nobody has ordered could ship, and holding it."""

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import RackModel
from scheduling.errors import SchedulingError
from scheduling.models import Quote
from scheduling.models.quote import (
    MOST_HOURS,
    MOST_PROMISES,
    MOST_RACKS,
)
from scheduling.services import quotes as services
from scheduling.web.shell import site_of

PLANNERS = (Audience.PLANNER,)
LISTED = 50


class QuoteForm(forms.Form):
    """How many racks of which model are wanted by when."""

    rack_model = forms.ModelChoiceField(
        RackModel.objects.order_by("code"), label="Model", empty_label="Choose"
    )
    quantity = forms.IntegerField(
        label="Racks", min_value=1, max_value=MOST_RACKS, initial=1
    )
    wish_date = forms.DateField(
        label="Date wished for", widget=forms.DateInput(attrs={"type": "date"})
    )
    most_promises = forms.IntegerField(
        label="Promises to others that may move",
        min_value=0,
        max_value=MOST_PROMISES,
        initial=1,
        help_text="The earlier date is told beside the one with every promise kept.",
    )

    def clean_wish_date(self) -> date:
        """Refuse a day nobody can wish for."""
        wished: date = self.cleaned_data["wish_date"]
        today = timezone.localdate()
        if why := services.why_not(wished, today):
            raise forms.ValidationError(why)
        return wished


class BookForm(forms.Form):
    """How long the capacity is held, and for whom."""

    hours = forms.IntegerField(
        label="Hold it for, in hours", min_value=1, max_value=MOST_HOURS, initial=48
    )
    reference = forms.CharField(label="For whom", max_length=80, required=False)


@allow(*OFFICE, writers=PLANNERS)
def quote_list(request: HttpRequest) -> HttpResponse:
    """Show what was asked and held; a POST asks for a date."""
    site = site_of(request)
    form = QuoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        quote = services.request_quote(
            site=site, actor=f"user:{request.user.pk}", **form.cleaned_data
        )
        return redirect("quote", quote.pk)
    context = {
        "quotes": Quote.objects.filter(site=site)
        .select_related("rack_model", "booking")
        .order_by("-pk")[:LISTED],
        "form": form,
        "may_add": audience_of(request.user) in granted(PLANNERS),
    }
    return render(request, "scheduling/quotes.html", context)


@allow(*OFFICE)
def quote_page(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Show one answer: the day, the eased day, the limit, and the way to hold it."""
    quote = _quote(request, quote_id)
    booking = getattr(quote, "booking", None)
    is_valid = quote.valid_until is not None and quote.valid_until > timezone.now()
    context = {
        "quote": quote,
        "booking": booking,
        "is_waiting": quote.state == Quote.State.REQUESTED,
        "is_bookable": bool(quote.ships_on) and booking is None and is_valid,
        "form": BookForm(),
        "is_planner": audience_of(request.user) in granted(PLANNERS),
    }
    return render(request, "scheduling/quote.html", context)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def quote_book(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Hold what an answer offers."""
    quote = _quote(request, quote_id)
    form = BookForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Hold it for 1 to {MOST_HOURS} hours.")
        return redirect("quote", quote.pk)
    try:
        booking = services.book(
            quote=quote, actor=f"user:{request.user.pk}", **form.cleaned_data
        )
    except SchedulingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Held as booking {booking.pk}. Plans know of it.")
    return redirect("quote", quote.pk)


def _quote(request: HttpRequest, quote_id: int) -> Quote:
    return get_object_or_404(
        Quote.objects.select_related("rack_model", "booking"),
        pk=quote_id,
        site=site_of(request),
    )
