"""The buyer's log of mails: what was sent to whom, what became of it, who is silent."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, allow
from factory.models import Site
from journal.export import csv_answer
from journal.wording import counted
from suppliers.queries import mail as queries
from suppliers.queries.mail import Fate
from suppliers.services.links import withdraw_links
from suppliers.web.buyer import BUYERS, back, may_ask, person_of
from suppliers.web.exports import MAIL_HEAD, mail_cells
from suppliers.web.staff import site_of_staff

PAGE_ROWS = 50
FATE_TABS = {
    "": "All",
    Fate.BOUNCED: "Bounced",
    Fate.SILENT: "Not opened",
    Fate.SENT: "Sent",
    Fate.OPENED: "Opened",
    Fate.WAITING: "Waiting",
}


@allow(*OFFICE)
@require_safe
def mail_log(request: HttpRequest) -> HttpResponse:
    """Show what was mailed to whom and what became of it."""
    site, now = site_of_staff(request), timezone.now()
    fate = _fate(request)
    counts = queries.counts(site, now=now)
    page = Paginator(_messages(site, fate), PAGE_ROWS).get_page(request.GET.get("page"))
    tabs = [
        {
            "label": label,
            "url": "?" + urlencode({"fate": key} if key else {}),
            "count": counts[Fate(key)] if key else sum(counts.values()),
            "current": key == fate,
        }
        for key, label in FATE_TABS.items()
    ]
    return render(
        request,
        "suppliers/mail_log.html",
        {
            "page": page,
            "tabs": tabs,
            "fate": fate,
            "counts": counts,
            "alarms": queries.alarms(site, now=now),
            "may_ask": may_ask(request),
            "here": request.get_full_path(),
        },
    )


@allow(*OFFICE)
@require_safe
def mail_csv(request: HttpRequest) -> HttpResponse:
    """Give the mails that are shown as CSV."""
    rows = _messages(site_of_staff(request), _fate(request))
    return csv_answer("mail", MAIL_HEAD, map(mail_cells, rows))


@allow(writers=BUYERS)
@require_POST
def withdraw_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw the links a mail's contact has to the orders it named."""
    message = queries.message_of(site_of_staff(request), pk)
    if message is None:
        raise Http404
    withdrawn = sum(
        withdraw_links(
            purchase_order=order,
            contact_id=message.contact_id,
            actor=f"user:{person_of(request).pk}",
            now=timezone.now(),
        )
        for order in queries.orders_of(message)
    )
    messages.success(request, f"{counted(withdrawn, 'link')} withdrawn.")
    return back(request)


def _fate(request: HttpRequest) -> str:
    """Return the fate the address asks for; empty for all."""
    given = request.GET.get("fate", "")
    return given if given in set(FATE_TABS) else ""


def _messages(site: Site, fate: str) -> Any:  # noqa: ANN401 - annotated rows
    """Return a site's mails of one fate, or all."""
    rows = queries.messages(site, now=timezone.now())
    return rows.filter(fate=fate) if fate else rows
