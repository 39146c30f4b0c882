"""Changes of one order: what may be asked, what it would do, what became of it."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.errors import FactoryError, OrderChangeRefusedError
from factory.models import Customer, Order, OrderChange, RackModel
from factory.order_rules import DATED, MAY_CHANGE, MOST_RACKS, Wish
from factory.services import order_changes as orders
from factory.services.order_changes import Signed, in_words
from factory.services.order_racks import facts_of
from scheduling.errors import SchedulingError
from scheduling.models import ChangePreview
from scheduling.queries import orders as queries
from scheduling.services import order_changes as services
from scheduling.web.shell import site_of

PLANNERS = (Audience.PLANNER,)
NEEDS = {
    "quantity": "increase, decrease, emergency add-on, customer switch",
    "requested_date": "pull-in, push-out, emergency add-on; others if it moves",
    "customer": "customer switch",
    "rack_model": "model change",
}
"""Which change needs which field, as the form says it."""


WRITTEN = " The customer's promise is written down."
TOLD: dict[str, str] = {
    OrderChange.Kind.CANCEL: " The customer's promise is withdrawn.",
    OrderChange.Kind.PAUSE: " The customer's promise is on hold.",
}
"""What a granted change has done to the promise, by its kind."""


class ChangeForm(forms.Form):
    """What is asked of an order."""

    kind = forms.ChoiceField(label="Change")
    quantity = forms.IntegerField(
        label="Racks",
        required=False,
        min_value=1,
        max_value=MOST_RACKS,
        help_text="Afterwards; on top, of an add-on; handed over, of a switch.",
    )
    requested_date = forms.DateField(
        label="Date wished for",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=f"For {NEEDS['requested_date']}.",
    )
    customer = forms.ModelChoiceField(
        Customer.objects.none(),
        label="New customer",
        required=False,
        empty_label="–",
        help_text=f"For a {NEEDS['customer']}.",
    )
    rack_model = forms.ModelChoiceField(
        RackModel.objects.none(),
        label="New model",
        required=False,
        empty_label="–",
        help_text=f"For a {NEEDS['rack_model']}.",
    )
    reason = forms.CharField(label="Why", max_length=200)

    def __init__(self, order: Order, *given: Any, **named: Any) -> None:
        """Offer the changes that an order may take in its state."""
        super().__init__(*given, **named)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = [
            ("", "Choose"),
            *(
                (kind, OrderChange.Kind(kind).label)
                for kind, states in MAY_CHANGE.items()
                if order.state in states
            ),
        ]
        fields["customer"].queryset = Customer.objects.exclude(pk=order.customer_id)
        fields["rack_model"].queryset = RackModel.objects.exclude(
            pk=order.rack_model_id
        )

    def wish(self) -> Wish:
        """Return what is asked; fields that the kind does not use are dropped."""
        data = self.cleaned_data
        kinds = OrderChange.Kind
        kind = kinds(data["kind"])
        sized = {
            kinds.INCREASE,
            kinds.DECREASE,
            kinds.EMERGENCY_ADD,
            kinds.CUSTOMER_SWITCH,
        }
        dated = DATED - {kinds.INCREASE}
        return Wish(
            kind=kind,
            reason=data["reason"],
            quantity=data["quantity"] if kind in sized else None,
            requested_date=data["requested_date"] if kind in dated else None,
            customer=data["customer"] if kind == kinds.CUSTOMER_SWITCH else None,
            rack_model=data["rack_model"] if kind == kinds.MODEL_CHANGE else None,
        )


class GrantForm(forms.Form):
    """The day granted, where the change moves one."""

    granted_date = forms.DateField(
        label="Promise for",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(self, *given: Any, is_dated: bool, **named: Any) -> None:
        """Ask for a day where the change moves one."""
        super().__init__(*given, **named)
        self.fields["granted_date"].required = is_dated


class RefuseForm(forms.Form):
    """Why a change is refused."""

    reason = forms.CharField(label="Why not", max_length=200)


@allow(*OFFICE, writers=(*PLANNERS, Audience.BUYER))
def change_list(request: HttpRequest, number: str) -> HttpResponse:
    """Show what was asked of an order and became of it; a POST asks for a change.

    ``?kind=`` chooses one in the form.
    """
    order = _order(request, number)
    wanted = {"kind": request.GET.get("kind", "")}
    form = ChangeForm(order, request.POST or None, initial=wanted)
    if request.method == "POST" and form.is_valid():
        try:
            change = services.propose(order=order, wish=form.wish(), by=signed(request))
        except OrderChangeRefusedError as error:
            form.add_error(
                error.field if error.field in form.fields else None, str(error)
            )
        else:
            return redirect("order_change", order.number, change.pk)
    context = {
        "order": order,
        "facts": facts_of(order, timezone.now()),
        "form": form,
        "changes": queries.changes_of(order),
        "may_ask": audience_of(request.user) in granted((*PLANNERS, Audience.BUYER)),
        "is_over": order.state == Order.State.SHIPPED,
    }
    return render(request, "scheduling/order_changes.html", context)


@allow(*OFFICE)
def change_page(request: HttpRequest, number: str, change_id: int) -> HttpResponse:
    """Show one change: what it would do while it waits, what became of it after."""
    change = _change(request, number, change_id)
    return render(request, "scheduling/order_change.html", _context(request, change))


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def change_grant(request: HttpRequest, number: str, change_id: int) -> HttpResponse:
    """Grant a change; the day is promised at once."""
    change = _change(request, number, change_id)
    form = GrantForm(request.POST, is_dated=change.kind in DATED)
    if not form.is_valid():
        return _again(request, change, "Give the day as a date.")
    try:
        done, promises = services.grant(
            change=change,
            granted_date=form.cleaned_data["granted_date"],
            by=signed(request),
            reason=form.cleaned_data["reason"],
        )
    except (FactoryError, SchedulingError) as error:
        return _again(request, change, str(error))
    told = TOLD.get(change.kind, WRITTEN) if promises else ""
    messages.success(request, f"{done.order.number}: {in_words(change)} granted.{told}")
    return redirect("order_change", number, change.pk)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def change_refuse(request: HttpRequest, number: str, change_id: int) -> HttpResponse:
    """Refuse a change, with the reason."""
    change = _change(request, number, change_id)
    try:
        orders.refuse_change(
            change=change,
            reason=request.POST.get("reason", "").replace("\0", ""),
            by=signed(request),
        )
    except FactoryError as error:
        return _again(request, change, str(error))
    messages.success(request, f"{number}: {in_words(change)} refused.")
    return redirect("order_change", number, change.pk)


@allow(*OFFICE, writers=(*PLANNERS, Audience.BUYER))
@require_POST
def change_look(request: HttpRequest, number: str, change_id: int) -> HttpResponse:
    """Ask once more what a change would do."""
    change = _change(request, number, change_id)
    if change.state == "proposed":
        services.look_again(change=change, actor=f"user:{request.user.pk}")
    return redirect("order_change", number, change.pk)


def signed(request: HttpRequest) -> Signed:
    """Return the reader as one who signs."""
    user = request.user
    name = user.get_full_name() if isinstance(user, User) else ""
    return Signed(author=name or user.get_username(), actor=f"user:{user.pk}")


def _again(request: HttpRequest, change: OrderChange, sentence: str) -> HttpResponse:
    """Return to a change with a refusal."""
    messages.error(request, sentence)
    return redirect("order_change", change.order.number, change.pk)


def _order(request: HttpRequest, number: str) -> Order:
    """Return an order of the reader's site, or 404."""
    if "\0" in number:
        raise Http404
    order: Order = get_object_or_404(
        Order.objects.select_related("customer", "site", "rack_model"),
        number=number,
        site=site_of(request),
    )
    return order


def _change(request: HttpRequest, number: str, change_id: int) -> OrderChange:
    """Return a change of an order of the reader's site, or 404."""
    if "\0" in number:
        raise Http404
    change: OrderChange = get_object_or_404(
        OrderChange.objects.select_related(
            "order__customer", "order__site", "customer", "rack_model", "decision"
        ),
        pk=change_id,
        order__number=number,
        order__site=site_of(request),
    )
    return change


def _context(request: HttpRequest, change: OrderChange) -> dict[str, Any]:
    """Return what the page of one change shows."""
    preview = services.newest_preview(change)
    is_open = change.state == "proposed"
    outdated = (
        services.outdated_by(preview, change.order) if preview and is_open else ""
    )
    is_dated = change.kind in DATED
    cost = _cost(preview.firm) if preview and preview.firm else None
    return {
        "change": change,
        "order": change.order,
        "words": in_words(change),
        "preview": preview,
        "is_waiting": bool(
            preview and preview.state == ChangePreview.State.REQUESTED and is_open
        ),
        "outdated": outdated,
        "offers": _offers(preview),
        "cost_cents": cost,
        "saved_cents": max(0, -(cost or 0)),
        "is_dated": is_dated,
        "grant_form": GrantForm(
            initial={"granted_date": _suggested(change, preview)}, is_dated=is_dated
        ),
        "refuse_form": RefuseForm(),
        "is_open": is_open,
        "is_planner": audience_of(request.user) in granted(PLANNERS),
        "promises": queries.promises_by(change),
    }


def _suggested(change: OrderChange, preview: ChangePreview | None) -> str:
    """Return the day to grant: the first that keeps every promise, not before asked."""
    if preview is None or not preview.firm or change.kind not in DATED:
        return ""
    wished = change.requested_date or change.order.requested_date
    return max(wished, preview.ships_on or wished).isoformat()


def _offers(preview: ChangePreview | None) -> list[dict[str, Any]]:
    """Return the ways of taking a change, as a table shows them."""
    if preview is None:
        return []
    ways = (
        ("Every promise kept", preview.firm),
        ("Some promises move", preview.eased),
    )
    return [
        offer
        | {
            "way": way,
            "cost_cents": _cost(offer),
            "ships_on": _day(offer["ships_on"]),
            "touched": [
                one | {name: _day(one[name]) for name in ("promised", "planned")}
                for one in offer["touched"]
            ],
        }
        for way, offer in ways
        if offer
    ]


def _day(text: str | None) -> date | None:
    """Return a stored day."""
    return date.fromisoformat(text) if text else None


def _cost(offer: dict[str, Any]) -> int:
    """Return what one way costs in cents: lateness, moves and broken promises."""
    return int(offer["late_cents"] + offer["moved_cents"] + offer["broken_cents"])
