"""The door without a log-in: a link from a mail opens one order's lines.

The pages and answers behind it are the portal's own. GET and HEAD change nothing, not
even the log of mails; "opened" is noted by a POST the page's script sends.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from suppliers.errors import TooManyLinksError
from suppliers.models import AnswerLink
from suppliers.queries.links import LinkState, state_of
from suppliers.services.links import note_opened
from suppliers.services.mail import send_new_link
from suppliers.web.portal import line_page, lines_page, take_answer
from suppliers.web.tenant import by_link, for_link, link_gone, masked

link = require_safe(by_link(lines_page))
link_line = require_safe(by_link(line_page))
link_answer = require_POST(by_link(take_answer))


@require_POST
@for_link
def link_opened(request: HttpRequest, link: AnswerLink, token: str) -> HttpResponse:  # noqa: ARG001
    """Note that somebody looks at the page; says nothing about the link."""
    note_opened(link=link, now=timezone.now())
    return HttpResponse(status=204)


@require_POST
@for_link
def link_renew(request: HttpRequest, link: AnswerLink, token: str) -> HttpResponse:
    """Send a fresh link to the address the old one went to."""
    now = timezone.now()
    state = state_of(link, now=now)
    if state is LinkState.WITHDRAWN:
        return link_gone(request, link, token, state)
    try:
        send_new_link(link=link, now=now)
    except TooManyLinksError as error:
        return link_gone(request, link, token, state, refusal=str(error), status=429)
    context = {"to": masked(link.message.to), "order": link.purchase_order}
    return render(request, "suppliers/link_sent.html", context)
