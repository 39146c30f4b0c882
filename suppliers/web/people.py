"""A supplier's people manage themselves: rights, cover, language, zone, calendar."""

from typing import Any
from urllib.parse import urljoin
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import Audience, allow
from suppliers.errors import PeopleRefusedError
from suppliers.languages import written_for
from suppliers.models import QuietDay, SupplierUser
from suppliers.queries.calendar import calendar_of, feed_of, own_feed
from suppliers.queries.people import colleagues, own_quiet_days, today_of
from suppliers.services import calendars, people
from suppliers.tenancy import Role, Tenant
from suppliers.web.forms import date_field
from suppliers.web.portal import SUPPLIER, portal_page
from suppliers.web.tenant import LINK_HEADERS, for_role

ZONES = sorted(name for name in available_timezones() if "/" in name or name == "UTC")


class RoleForm(forms.Form):
    """What a colleague may do."""

    person = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    role = forms.ChoiceField(label=_("Rights"), choices=SupplierUser.Role.choices)


class CoverForm(forms.Form):
    """Who covers for the reader, and when."""

    delegate = forms.TypedChoiceField(label=_("Who covers for you?"), coerce=int)
    starts_on = date_field(_("First day away"))
    ends_on = date_field(_("Last day away"))


class SettleForm(forms.Form):
    """The clock and the language of a supplier's pages."""

    zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(name, name) for name in ZONES]
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class MailDaysForm(forms.Form):
    """The weekdays with mail, by why a line waits."""

    days = forms.MultipleChoiceField(
        choices=[
            (f"{kind.value}-{weekday}", "")
            for kind in QuietDay.About
            for weekday in WEEKDAYS
        ],
        required=False,
    )

    def chosen(self) -> list[tuple[str, int]]:
        """Return reason and weekday of every day with mail."""
        pairs = (day.rpartition("-") for day in self.cleaned_data["days"])
        return [(kind, int(weekday)) for kind, _dash, weekday in pairs]


@allow(Audience.SUPPLIER)
@require_safe
@for_role(Role.READ)
def people_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the supplier's people and what the reader may settle."""
    return _show(request, tenant)


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.ANSWER)
def role(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Change what a colleague may do."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _show(request, tenant, status=422)
    try:
        people.give_role(
            tenant=tenant,
            person_id=form.cleaned_data["person"],
            role=form.cleaned_data["role"],
        )
    except PeopleRefusedError as error:
        messages.error(request, str(error))
        return _show(request, tenant, status=422)
    messages.success(request, _("Kept."))
    return redirect("people")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.READ)
def cover(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Name who covers for the reader."""
    form = _cover_form(tenant, request.POST)
    if not form.is_valid():
        return _show(request, tenant, cover=form, status=422)
    try:
        people.delegate(
            tenant=tenant,
            delegate_id=form.cleaned_data["delegate"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=form.cleaned_data["ends_on"],
            now=timezone.now(),
        )
    except PeopleRefusedError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _show(request, tenant, cover=form, status=422)
    messages.success(request, _("Kept. Mails go to your colleague meanwhile."))
    return redirect("people")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.READ)
def cover_end(request: HttpRequest, tenant: Tenant, delegation_id: int) -> HttpResponse:
    """Take a cover back."""
    try:
        people.end_delegation(tenant=tenant, delegation_id=delegation_id)
    except PeopleRefusedError as error:
        raise Http404 from error
    messages.success(request, _("Kept."))
    return redirect("people")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.ANSWER)
def settle(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Set the supplier's zone and language."""
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _show(request, tenant, settle=form, status=422)
    try:
        people.settle(tenant=tenant, **form.cleaned_data)
    except PeopleRefusedError as error:
        form.add_error(error.field, str(error))
        return _show(request, tenant, settle=form, status=422)
    messages.success(request, _("Kept."))
    return redirect("people")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.ANSWER)
def mail_days(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Choose on which days the reader gets mail about what."""
    form = MailDaysForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such day."))
        return _show(request, tenant, status=422)
    try:
        people.choose_mail_days(tenant=tenant, days=form.chosen())
    except PeopleRefusedError as error:
        messages.error(request, str(error))
        return _show(request, tenant, status=422)
    messages.success(request, _("Kept."))
    return redirect("people")


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.READ)
def language(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show pages to the reader in a language from now on."""
    try:
        people.speak(tenant=tenant, language=request.POST.get("language", ""))
    except PeopleRefusedError as error:
        messages.error(request, str(error))
    back = request.POST.get("next", "")
    is_ours = back.startswith("/portal/") and url_has_allowed_host_and_scheme(
        back, allowed_hosts=None
    )
    return redirect(back if is_ours else reverse("portal"))


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_role(Role.READ)
def calendar(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Make the reader's calendar address anew, or take it back."""
    if "end" in request.POST:
        calendars.end_calendar(tenant=tenant)
        messages.success(request, _("The address opens nothing any more."))
        return redirect("people")
    token = calendars.make_calendar(tenant=tenant, now=timezone.now())
    path = reverse("calendar_feed", args=[token])
    response = _show(
        request, tenant, calendar_url=urljoin(settings.PUBLIC_URL, path.lstrip("/"))
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_not_required
@require_safe
def calendar_feed(_request: HttpRequest, token: str) -> HttpResponse:
    """Show a supplier's promises to the calendar that knows the address."""
    feed = feed_of(calendars.hash_of(token))
    if feed is None:
        raise Http404
    with translation.override(written_for(feed.person)):
        calendar = calendar_of(feed.person.supplier, now=timezone.now())
    headers = LINK_HEADERS | {"Content-Disposition": 'inline; filename="promises.ics"'}
    return HttpResponse(
        calendar.to_ical(), content_type="text/calendar; charset=utf-8", headers=headers
    )


def _show(
    request: HttpRequest,
    tenant: Tenant,
    *,
    cover: CoverForm | None = None,
    settle: SettleForm | None = None,
    calendar_url: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the page with forms that came back, or with fresh ones."""
    today = today_of(tenant.supplier, timezone.now())
    team = colleagues(tenant.supplier, me=tenant.person.pk, today=today)
    context: dict[str, Any] = {
        "team": [
            (row, RoleForm(initial={"person": row.person.pk, "role": row.person.role}))
            for row in team
        ],
        "cover": cover or _cover_form(tenant, None),
        "settle": settle
        or SettleForm(
            initial={
                "zone": tenant.supplier.zone,
                "language": tenant.supplier.language.lower(),
            }
        ),
        "weekdays": WEEKDAYS_ABBR.values(),
        "mail_days": _mail_days(tenant),
        "feed": own_feed(tenant.supplier, tenant.person),
        "calendar_url": calendar_url,
        "webcal_url": calendar_url.replace("https:", "webcal:", 1).replace(
            "http:", "webcal:", 1
        ),
        "is_alone": len(team) <= 1,
    }
    return portal_page(request, tenant, "suppliers/people.html", context, status)


def _mail_days(tenant: Tenant) -> list[dict[str, Any]]:
    """Return a row a reason, each with its week: name, weekday, whether mail comes."""
    quiet = own_quiet_days(tenant.supplier, tenant.person)
    return [
        {
            "label": kind.label,
            "days": [
                (f"{kind.value}-{weekday}", name, (kind.value, weekday) not in quiet)
                for weekday, name in WEEKDAYS.items()
            ],
        }
        for kind in QuietDay.About
    ]


def _cover_form(tenant: Tenant, data: Any) -> CoverForm:  # noqa: ANN401 - as Django's
    """Return the form for a cover, with the reader's colleagues to pick from."""
    form = CoverForm(data)
    today = today_of(tenant.supplier, timezone.now())
    form.fields["delegate"].choices = [  # type: ignore[attr-defined]
        (row.person.pk, row.person.name)
        for row in colleagues(tenant.supplier, me=tenant.person.pk, today=today)
        if not row.is_me
    ]
    return form
