"""The portal: a supplier's own lines, most urgent first, and the answers to them.

The pages are the same for who has signed in and for who comes by a link in a mail;
``suppliers.web.links`` is the other door to them.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import Audience, allow
from journal.wording import promise_date
from suppliers.errors import SuppliersError
from suppliers.queries.alternates import approved_alternates
from suppliers.queries.arrivals import expected_of
from suppliers.queries.history import history, river
from suppliers.queries.portal import (
    CARDS,
    PAGE_ROWS,
    OwnLine,
    in_order,
    just_said,
    lately,
    needing_answer,
    one_line,
    own_lines,
)
from suppliers.sentences import line_words, promise_words
from suppliers.services.author import Author, Door
from suppliers.tenancy import Tenant
from suppliers.web.answers import forms_for
from suppliers.web.cards import card_of, facts_of
from suppliers.web.effects import effect_of
from suppliers.web.forms import FORMS, AnswerForm, PromiseForm
from suppliers.web.places import place_of
from suppliers.web.river import drawn
from suppliers.web.tenant import for_tenant

SUPPLIER = (Audience.SUPPLIER,)
TABS = (
    (gettext_noop("Lines"), "portal"),
    (gettext_noop("Spreadsheet"), "portal_sheet"),
    (gettext_noop("Shipments"), "portal_shipments"),
    (gettext_noop("Needs ahead"), "needs_ahead"),
    (gettext_noop("Trust"), "own_trust"),
    (gettext_noop("People"), "people"),
)
"""The pages of the portal and their views, in the order in which they are shown."""


def lines_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show what needs the supplier now, and the rest."""
    now = timezone.now()
    urgent = needing_answer(tenant, now=now)
    count = urgent.count()
    quiet = in_order(tenant, now=now)
    page = Paginator(quiet, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = quiet[max(0, page.start_index() - 1) : page.end_index()]
    return portal_page(
        request,
        tenant,
        "suppliers/portal.html",
        {
            "count": count,
            "minutes": -(-count // 2),
            "more": max(0, count - CARDS),
            "cards": [card_of(own) for own in own_lines(urgent[:CARDS], now=now)],
            "page": page,
            "quiet": [card_of(own) for own in own_lines(rows, now=now)],
            "just_said": just_said(tenant, now=now) if tenant.can_answer else [],
            "lately": lately(tenant, now=now),
        },
    )


def line_page(request: HttpRequest, tenant: Tenant, line_id: int) -> HttpResponse:
    """Show one line, its ledger, and every answer it takes."""
    own = _line(tenant, line_id)
    return _show(request, tenant, own, {})


def take_answer(
    request: HttpRequest, tenant: Tenant, line_id: int, verb: str
) -> HttpResponse:
    """Take one answer to one line."""
    own = _line(tenant, line_id)
    form = FORMS[verb](request.POST)
    if "more" in request.POST and isinstance(form, PromiseForm):
        return _show(request, tenant, own, {verb: form.with_another_row()})
    author = Author.of_tenant(tenant, door=_door(tenant))
    try:
        sent = form.send(line_id=own.line.pk, author=author, now=timezone.now())
    except SuppliersError as error:
        return _conflict(request, tenant, _line(tenant, line_id), error)
    if sent is None:
        return _show(request, tenant, own, {verb: form}, status=422)
    _say_what_it_did(request, tenant, line_id, verb)
    return redirect(place_of(tenant).url())


portal = allow(Audience.SUPPLIER)(require_safe(for_tenant(lines_page)))
portal_line = allow(Audience.SUPPLIER)(require_safe(for_tenant(line_page)))
portal_answer = allow(Audience.SUPPLIER, writers=SUPPLIER)(
    require_POST(for_tenant(take_answer))
)


def _door(tenant: Tenant) -> Door:
    """Return the door a tenant came in by."""
    return Door.LINK if tenant.token else Door.PORTAL


def _line(tenant: Tenant, line_id: int) -> OwnLine:
    """Return one of the tenant's lines; any other is not there."""
    own = one_line(tenant, line_id, now=timezone.now())
    if own is None:
        raise Http404
    return own


def _show(
    request: HttpRequest,
    tenant: Tenant,
    own: OwnLine,
    given: dict[str, AnswerForm],
    status: int = 200,
) -> HttpResponse:
    """Show a line with its forms; ``given`` are those that came back."""
    ledger = history(own.commitment)
    points = river(ledger.sayings, zone=own.zone)
    context = {
        "card": card_of(own),
        "expected": expected_of(own.line, own.promise, today=own.today),
        "ledger": ledger,
        "river": drawn(points, ledger, need_by=own.line.need_by, today=own.today),
        "forms": forms_for(
            own.commitment,
            own.promise,
            own.today,
            given,
            approved_alternates(own.line.part_id, by=max(own.today, own.line.need_by)),
        ),
        "open": next(iter(given), request.GET.get("open", "")),
    }
    return portal_page(request, tenant, "suppliers/portal_line.html", context, status)


def _conflict(
    request: HttpRequest, tenant: Tenant, own: OwnLine, error: SuppliersError
) -> HttpResponse:
    """Say that an answer was not kept, and show how the line stands now."""
    context = {"card": card_of(own), "error": str(error)}
    return portal_page(request, tenant, "suppliers/portal_conflict.html", context, 409)


def _say_what_it_did(
    request: HttpRequest, tenant: Tenant, line_id: int, verb: str
) -> None:
    """Tell the supplier what its answer does to the racks."""
    own = _line(tenant, line_id)
    said = promise_words(own.promise, own.today)
    if not said and own.commitment.word_by:
        day = promise_date(own.commitment.word_by, own.today)
        said = _("next word by %(day)s") % {"day": day}
    effect = effect_of(own.line, own.need, own.promise, own.today)
    level = messages.SUCCESS if effect.status != "watch" else messages.WARNING
    if verb == "undo":
        stands = [_("Taken back"), *([said] if said else [])]
    else:
        stands = [said or own.commitment.get_state_display()]
    sentences = (
        *(_("%(said)s.") % {"said": words} for words in stands),
        *facts_of(own),
        effect.strong,
        effect.text,
    )
    words = " ".join(sentence for sentence in sentences if sentence)
    told = _("%(line)s: %(words)s") % {"line": line_words(own.line), "words": words}
    messages.add_message(request, level, told)


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the pages of the portal, the one shown marked."""
    return [
        {"label": _(label), "url": url, "current": request.path == url}
        for label, view in TABS
        for url in (reverse(view),)
    ]


def portal_page(
    request: HttpRequest,
    tenant: Tenant,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render a page of the portal in its shell."""
    now = tenant.local(timezone.now())
    city = tenant.zone.key.rpartition("/")[2].replace("_", " ")
    place = place_of(tenant)
    shell: dict[str, Any] = {
        "portal": {
            "name": tenant.supplier.name,
            "home_url": place.url(),
        },
        "place": place,
        "tenant": tenant,
        "clock": _("%(city)s time, %(day)s, %(hour)s")
        % {
            "city": city,
            "day": promise_date(now.date(), now.date()),
            "hour": f"{now:%H:%M}",
        },
    }
    if tenant.token:
        # A link needs no cookie: its token is what a forged request would not know.
        shell["csrf_token"] = ""
        shell["portal"]["opened_url"] = place.url("opened")
        name = tenant.person.get_full_name() or tenant.person.get_username()
        shell["portal"]["note"] = _("for %(person)s") % {"person": name}
    else:
        shell["portal"]["links"] = _tabs(request)
        shell["portal"]["languages"] = _languages()
    return render(request, template, shell | context, status=status)


def _languages() -> list[tuple[str, str]]:
    """Return the languages pages are written in but the one that is shown."""
    shown = get_language()
    return [(code, name) for code, name in settings.LANGUAGES if code != shown]
