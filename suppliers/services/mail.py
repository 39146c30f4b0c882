"""Which mails are due: one digest a day, reminders by a buyer, a link sent anew.

A mail is queued here with the lines it is about, and sent by the dispatcher. One a day
and contact is a named constraint; a buyer who sends another says why.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import make_msgid
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from suppliers.errors import NoLinesChosenError, TooManyLinksError
from suppliers.models import (
    AnswerLink,
    Message,
    MessageLine,
    PurchaseOrderLine,
    SupplierUser,
)
from suppliers.queries.contacts import (
    contacts,
    day_of,
    lines_waiting,
    mailed_days,
    quiet_days,
)
from suppliers.queries.people import told_instead

Purpose = Message.Purpose
DIGEST_UNTIL_HOUR = 20
"""No digest begins later in the contact's day; it waits for the next morning."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """What a bulk reminder came to.

    Attributes:
        mails: How many were queued.
        lines: How many lines they are about.
        had_mail: Contacts left out, since they had their mail today.
        without_contact: Suppliers nobody of whom can be mailed.
    """

    mails: int
    lines: int
    had_mail: tuple[SupplierUser, ...]
    without_contact: tuple[str, ...]


def queue_digests(*, now: datetime) -> int:
    """Queue the digest of everybody who has something to answer; return how many.

    At most one a day and contact, between ``DIGEST_HOUR`` and 20:00 where the contact
    works, and about no line on a day the contact keeps quiet of its kind. Five queries
    when nothing is due.
    """
    waiting = lines_waiting(now=now)
    told = told_instead(contacts(waiting), now=now)
    awake = [row for row in told if _is_awake(row, now)]
    mailed, quiet = mailed_days(awake), quiet_days(awake)
    queued = 0
    for contact in awake:
        today = day_of(contact, now)
        if (contact.pk, today) in mailed:
            continue
        lines = [
            line
            for line, why in waiting[contact.supplier_id]
            if (contact.pk, why, today.weekday()) not in quiet
        ]
        if lines:
            queued += _queue(contact, Purpose.DIGEST, lines, now) is not None
    return queued


def remind(
    *, line_ids: Collection[int], by: User, now: datetime, reason: str = ""
) -> Reminded:
    """Mail the contacts of some lines, one mail each, whatever the hour.

    Args:
        line_ids: The lines; closed ones are left out.
        by: The buyer.
        now: The moment, aware.
        reason: Why a contact that had its mail today gets another; empty: it gets none.

    Raises:
        NoLinesChosenError: If no line is open.
    """
    rows = (
        PurchaseOrderLine.objects.for_staff()
        .filter(pk__in=line_ids, state=PurchaseOrderLine.State.OPEN)
        .order_by("need_by", "pk")
        .values_list("pk", "purchase_order__supplier", "purchase_order__supplier__name")
    )
    lines: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for line_id, supplier_id, name in rows:
        lines.setdefault(supplier_id, []).append(line_id)
        names[supplier_id] = name
    if not lines:
        raise NoLinesChosenError
    found = told_instead(contacts(lines), now=now)
    sent: list[SupplierUser] = []
    had_mail: list[SupplierUser] = []
    for contact in found:
        about = lines[contact.supplier_id]
        queued = _queue(contact, Purpose.REMINDER, about, now, by=by)
        if queued is None and reason:
            queued = _queue(contact, Purpose.REMINDER, about, now, by=by, reason=reason)
        (had_mail if queued is None else sent).append(contact)
    reached = {contact.supplier_id for contact in found}
    return Reminded(
        mails=len(sent),
        lines=len({pk for contact in sent for pk in lines[contact.supplier_id]}),
        had_mail=tuple(had_mail),
        without_contact=tuple(names[key] for key in lines if key not in reached),
    )


@transaction.atomic
def send_new_link(*, link: AnswerLink, now: datetime) -> Message:
    """Queue a fresh link to the address the old one went to, and to no other.

    Raises:
        TooManyLinksError: If ``LINK_RENEWALS_PER_HOUR`` were asked for within an hour.
    """
    # One after the other, so that two who ask at once are both counted.
    SupplierUser.objects.for_staff().select_for_update().get(pk=link.contact_id)
    asked = Message.objects.for_staff().filter(
        contact=link.contact, purpose=Purpose.NEW_LINK, queued_at__gt=now - HOUR
    )
    limit = settings.LINK_RENEWALS_PER_HOUR
    if asked.count() >= limit:
        raise TooManyLinksError(limit)
    message = _envelope(link.contact, now, Purpose.NEW_LINK)
    message.to = link.message.to
    message.save()
    lines = link.purchase_order.lines.filter(state=PurchaseOrderLine.State.OPEN)
    MessageLine.objects.bulk_create(
        MessageLine(message=message, line=line) for line in lines.order_by("number")
    )
    return message


def _is_awake(contact: SupplierUser, now: datetime) -> bool:
    """Say whether it is time for a digest where a contact works."""
    hour = now.astimezone(ZoneInfo(contact.supplier.zone)).hour
    return hour in range(settings.DIGEST_HOUR, DIGEST_UNTIL_HOUR)


def _queue(
    contact: SupplierUser,
    purpose: Purpose,
    lines: Sequence[int],
    now: datetime,
    *,
    by: User | None = None,
    reason: str = "",
) -> Message | None:
    """Queue one mail with its lines; None if the contact had its mail today."""
    try:
        with transaction.atomic():
            message = _envelope(contact, now, purpose)
            message.by, message.reason = by, reason
            message.save()
            MessageLine.objects.bulk_create(
                MessageLine(message=message, line_id=line_id) for line_id in lines
            )
    except IntegrityError:
        if (contact.pk, day_of(contact, now)) not in mailed_days([contact]):
            raise
        return None
    return message


def _envelope(contact: SupplierUser, now: datetime, purpose: Purpose) -> Message:
    """Return a mail to a contact, not yet saved."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return Message(
        contact=contact,
        to=contact.user.email,
        purpose=purpose,
        day=day_of(contact, now),
        mail_id=make_msgid(domain=host),
        queued_at=now,
        try_at=now,
    )
