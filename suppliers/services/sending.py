"""Sending what is queued: the text is written here, with links nobody else keeps.

Called by the dispatcher. A server that is away is tried again, later and later; an
address that is refused has bounced at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from typing import Any
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from journal.wording import JOINT, counted
from suppliers.languages import written_for
from suppliers.models import Message, PurchaseOrder
from suppliers.queries.portal import OwnLine, own_lines, with_why
from suppliers.services.links import make_link
from suppliers.tenancy import Role, Tenant

log = structlog.get_logger("rackline.mail")

AT_ONCE = 10
"""Mails a turn, so that a slow server does not hold the dispatcher up for long."""

CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
TRIES_MAX = 12
PERMANENT = 500
ERROR_MAX = 300


@dataclass(frozen=True, slots=True)
class Letter:
    """One order in a mail: the link that opens it, and its lines."""

    order: PurchaseOrder
    url: str
    lines: tuple[OwnLine, ...]


def send_waiting(*, now: datetime | None = None) -> int:
    """Send what is due, ``AT_ONCE`` at most; return how many went out.

    Raises:
        OSError: If the mail server cannot be reached; what is left waits.
    """
    now = now or timezone.now()
    waiting = (
        Message.objects.for_staff()
        .filter(sent_at=None, bounced_at=None, try_at__lte=now)
        .select_related("contact__user", "contact__supplier")
        .order_by("try_at", "pk")
    )
    due = list(waiting[:AT_ONCE])
    if not due:
        return 0
    sent = 0
    with get_connection() as connection:
        for message in due:
            sent += _claim(message, now) and _send(message, connection, now)
    log.info("mailed", sent=sent, tried=len(due))
    return sent


def _claim(message: Message, now: datetime) -> bool:
    """Take a mail for ``CLAIM``, unless another dispatcher has it."""
    taken = (
        Message.objects.for_staff()
        .filter(pk=message.pk, try_at=message.try_at, sent_at=None)
        .update(try_at=now + CLAIM, tries=F("tries") + 1)
    )
    return taken == 1


def _send(message: Message, connection: Any, now: datetime) -> bool:  # noqa: ANN401
    """Write and send one mail; say whether the server took it."""
    text = _text(message, now)
    mail = EmailMessage(
        subject=text["subject"],
        body=text["body"],
        to=[message.to],
        headers={"Message-ID": message.mail_id, "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        note_bounce(message=message, error=_refusal(error), now=now)
        return False
    except SMTPServerDisconnected:
        _later(message, "The mail server closed the connection.", now)
        raise
    except SMTPResponseException as error:
        _refused(message, error, now)
        return False
    except SMTPException as error:
        _later(message, str(error), now)
        return False
    Message.objects.for_staff().filter(pk=message.pk).update(sent_at=now, error="")
    return True


def note_bounce(*, message: Message, error: str, now: datetime) -> None:
    """Note that a mail did not arrive. The first word stays. One query."""
    Message.objects.for_staff().filter(pk=message.pk, bounced_at=None).update(
        bounced_at=now, error=(error or "refused")[:ERROR_MAX]
    )


def _refused(message: Message, error: SMTPResponseException, now: datetime) -> None:
    """Deal with a server's refusal: for good, or for now."""
    if error.smtp_code >= PERMANENT:
        note_bounce(message=message, error=_words(error.smtp_error), now=now)
    else:
        _later(message, _words(error.smtp_error), now)


def _later(message: Message, error: str, now: datetime) -> None:
    """Try again, each time after twice as long; give up after ``TRIES_MAX``."""
    tries = message.tries + 1
    if tries >= TRIES_MAX:
        note_bounce(message=message, error=f"Given up: {error}", now=now)
        return
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    Message.objects.for_staff().filter(pk=message.pk).update(
        try_at=now + wait, error=error[:ERROR_MAX]
    )


def _refusal(error: SMTPRecipientsRefused) -> str:
    """Return what the server said to the one address."""
    code, said = next(iter(error.recipients.values()))
    return f"{code} {_words(said)}"


def _words(said: bytes | str) -> str:
    """Return a server's answer as text."""
    return said.decode(errors="replace") if isinstance(said, bytes) else said


@transaction.atomic
def _text(message: Message, now: datetime) -> dict[str, str]:
    """Write a mail in the supplier's language, with one fresh link an order."""
    supplier = message.contact.supplier
    tenant = Tenant(
        supplier=supplier,
        person=message.contact.user,
        role=Role(message.contact.role),
    )
    rows = tenant.lines().filter(pk__in=message.lines.values("line"))
    in_order = with_why(rows, now).order_by("purchase_order__number", "number")
    found = own_lines(in_order, now=now)
    by_order = [
        (order, tuple(lines))
        for order, lines in groupby(found, lambda own: own.line.purchase_order)
    ]
    letters = [
        Letter(order, _url(message, order, now), lines)
        for order, lines in sorted(by_order, key=_urgency)
    ]
    context = {
        "message": message,
        "supplier": supplier,
        "letters": letters,
        "count": len(found),
        "portal_url": public_url("portal"),
        "days": settings.LINK_LIFE_DAYS,
        "from_name": supplier.buyer,
    }
    with (
        translation.override(written_for(message.contact)),
        timezone.override(tenant.zone),
    ):
        body = render_to_string("suppliers/mail.txt", context)
        subject = _subject(message, letters, len(found))
    return {"subject": _plain(subject), "body": _plain(body)}


def _subject(message: Message, letters: Sequence[Letter], count: int) -> str:
    """Return what a mail is about, in the language that is active."""
    lines = counted(count, "order line")
    if message.purpose == Message.Purpose.DIGEST:
        return translation.ngettext(
            "%(number)s thing needs your answer",
            "%(number)s things need your answer",
            count,
        ) % {"number": count}
    if message.purpose == Message.Purpose.REMINDER:
        return translation.gettext("Reminder: %(lines)s to answer") % {"lines": lines}
    if letters:
        return translation.gettext("Your new link to %(order)s") % {
            "order": letters[0].order.number
        }
    return translation.gettext("%(lines)s for %(supplier)s") % {
        "lines": lines,
        "supplier": message.contact.supplier.name,
    }


def _urgency(letter: tuple[PurchaseOrder, tuple[OwnLine, ...]]) -> tuple[int, date]:
    """Put the order that holds up most racks first, then the one asked for first."""
    _, lines = letter
    blocked = sum(own.need.blocked_racks for own in lines if own.need is not None)
    return -blocked, min(own.line.need_by for own in lines)


def _plain(text: str) -> str:
    """Return a text as mail programs of any age show it."""
    return text.replace(JOINT, " ")


def _url(message: Message, order: PurchaseOrder, now: datetime) -> str:
    """Return the address of a fresh link to an order."""
    token = make_link(message=message, purchase_order=order, now=now)
    return public_url("link", token)


def public_url(name: str, *keys: str) -> str:
    """Return an address as a mail says it, host and all."""
    return str(urljoin(settings.PUBLIC_URL, reverse(name, args=keys)))
