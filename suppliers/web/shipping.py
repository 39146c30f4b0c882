"""The portal's shipping: what can leave, the notice of what has, calling it back."""

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import Audience, allow
from suppliers.errors import SuppliersError
from suppliers.models import Shipment
from suppliers.queries.portal import OwnLine
from suppliers.queries.shipping import announced, left_to_ship, shippable
from suppliers.serials import read_serials
from suppliers.services.author import Author, Door
from suppliers.services.notices import LINES_MAX, NUMBER_MAX, WORDS_MAX, Item, Notice
from suppliers.services.shipments import announce_shipment, cancel_shipment
from suppliers.sheet.text import decode
from suppliers.tenancy import Role, Tenant
from suppliers.web.forms import LARGEST, date_field
from suppliers.web.portal import SUPPLIER, portal_page
from suppliers.web.tenant import for_role

SERIALS_BYTES_MAX = 1_000_000


class NoticeForm(forms.Form):
    """Who carries it, and when."""

    carrier = forms.CharField(label=_("Carrier"), max_length=WORDS_MAX)
    tracking_number = forms.CharField(
        label=_("Tracking number"), max_length=WORDS_MAX, required=False
    )
    number = forms.CharField(
        label=_("Your shipment number"), max_length=NUMBER_MAX, required=False
    )
    packing_list = forms.CharField(
        label=_("Packing list number"), max_length=WORDS_MAX, required=False
    )
    shipped_on = date_field(_("Left on"))
    expected_on = date_field(_("Expected at the dock on"))


class ItemForm(forms.Form):
    """Pieces of one line; serial numbers typed, pasted, or from a file."""

    quantity = forms.IntegerField(
        label=_("Pieces"), required=False, min_value=0, max_value=LARGEST
    )
    package = forms.CharField(label=_("Package"), max_length=40, required=False)
    lot = forms.CharField(label=_("Lot"), max_length=40, required=False)
    serials = forms.CharField(
        label=_("Serial numbers, as you have them"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    file = forms.FileField(label=_("Or a text file of them"), required=False)

    def __init__(
        self,
        own: OwnLine,
        data: QueryDict | None = None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None" = None,
    ) -> None:
        """Ask for one line, filled in with what has not left."""
        super().__init__(
            data,
            files,
            prefix=f"line{own.line.pk}",
            initial={"quantity": left_to_ship(own)},
        )
        self.own = own

    def item(self) -> Item | None:
        """Return what leaves of the line; None if nothing does.

        Raises:
            SuppliersError: If the serial numbers cannot be read.
        """
        given = self.cleaned_data
        if not given["quantity"]:
            return None
        text = given["serials"]
        if given["file"]:
            text = f"{text}\n{decode(given['file'].read(SERIALS_BYTES_MAX))}"
        return Item(
            line_id=self.own.line.pk,
            quantity=given["quantity"],
            package=given["package"],
            lot=given["lot"],
            serials=read_serials(text),
        )


@allow(Audience.SUPPLIER)
@require_safe
@for_role(Role.SHIP)
def portal_shipments(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show what can leave, and what has."""
    context = {
        "lines": [
            (own, left_to_ship(own)) for own in shippable(tenant, now=timezone.now())
        ],
        "shipments": announced(tenant),
        "may_ship": tenant.may(Role.SHIP),
    }
    return portal_page(request, tenant, "suppliers/portal_shipments.html", context)


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@for_role(Role.SHIP)
def portal_ship(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Ask what has left of the lines chosen, and announce it."""
    given = request.POST if request.method == "POST" else request.GET
    keys = [int(key) for key in given.getlist("line") if key.isdecimal()][:LINES_MAX]
    lines = shippable(tenant, now=timezone.now(), keys=keys) if keys else []
    if request.method != "POST":
        today = timezone.localdate()
        notice = NoticeForm(initial={"shipped_on": today})
        return _ask(request, tenant, notice, [ItemForm(own) for own in lines])
    notice = NoticeForm(request.POST)
    items = [ItemForm(own, request.POST, request.FILES) for own in lines]
    if not all([notice.is_valid(), *(form.is_valid() for form in items)]):
        return _ask(request, tenant, notice, items, status=422)
    try:
        said = [item for form in items if (item := form.item())]
        shipment = announce_shipment(
            supplier=tenant.supplier,
            notice=Notice(items=tuple(said), **notice.cleaned_data),
            author=Author.of_user(tenant.person, door=Door.PORTAL),
            now=timezone.now(),
        )
    except SuppliersError as error:
        field = getattr(error, "field", None)
        notice.add_error(field if field in notice.fields else None, str(error))
        return _ask(request, tenant, notice, items, status=422)
    messages.success(
        request,
        gettext("Shipment %(number)s is announced.") % {"number": shipment.number},
    )
    return redirect("portal_shipment", shipment.pk)


@allow(Audience.SUPPLIER)
@require_safe
@for_role(Role.SHIP)
def portal_shipment(
    request: HttpRequest, tenant: Tenant, shipment_id: int
) -> HttpResponse:
    """Show one shipment: its packing list, to be printed and put into the box."""
    shipment = _shipment(tenant, shipment_id)
    lines = shipment.lines.select_related("line__purchase_order", "line__part")
    context = {
        "shipment": shipment,
        "lines": lines.prefetch_related("serials", "findings"),
        "may_ship": tenant.may(Role.SHIP),
    }
    return portal_page(request, tenant, "suppliers/portal_shipment.html", context)


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.SHIP)
def portal_shipment_cancel(
    request: HttpRequest, tenant: Tenant, shipment_id: int
) -> HttpResponse:
    """Call a shipment back."""
    shipment = _shipment(tenant, shipment_id)
    version = request.POST.get("version", "")
    try:
        cancel_shipment(
            supplier=tenant.supplier,
            shipment_id=shipment.pk,
            expected_version=int(version) if version.isdecimal() else 0,
            author=Author.of_user(tenant.person, door=Door.PORTAL),
            now=timezone.now(),
        )
    except SuppliersError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            gettext("Shipment %(number)s is called back.")
            % {"number": shipment.number},
        )
    return redirect("portal_shipment", shipment.pk)


def _shipment(tenant: Tenant, shipment_id: int) -> Shipment:
    """Return one of the tenant's shipments; any other is not there."""
    found = tenant.shipments().select_related("site").filter(pk=shipment_id).first()
    if found is None:
        raise Http404
    return found


def _ask(
    request: HttpRequest,
    tenant: Tenant,
    notice: NoticeForm,
    items: list[ItemForm],
    status: int = 200,
) -> HttpResponse:
    """Show the notice to be filled in."""
    context = {"notice": notice, "items": items, "may_ship": tenant.may(Role.SHIP)}
    return portal_page(request, tenant, "suppliers/portal_ship.html", context, status)
