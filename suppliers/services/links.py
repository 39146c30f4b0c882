"""Links that answer without a log-in: made for one mail, replaced, used, withdrawn.

A link opens one order for one contact. The token is random and signed; the table keeps
its hash, so that whoever reads the table can open nothing.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from journal.services import record
from suppliers.models import AnswerLink, Message, PurchaseOrder
from suppliers.queries.links import SIGNER, token_hash

SECRET_BYTES = 24


@transaction.atomic
def make_link(*, message: Message, purchase_order: PurchaseOrder, now: datetime) -> str:
    """Make the link a mail will carry and return its token, which is kept nowhere.

    The one before it works on for ``LINK_OVERLAP_HOURS``: yesterday's mail is often the
    one that is opened. Three queries.
    """
    (
        AnswerLink.objects.for_staff()
        .filter(
            contact=message.contact,
            purchase_order=purchase_order,
            replaced_at=None,
            revoked_at=None,
        )
        .update(
            replaced_at=now,
            expires_at=Least(
                F("expires_at"), now + timedelta(hours=settings.LINK_OVERLAP_HOURS)
            ),
        )
    )
    token = SIGNER.sign(secrets.token_urlsafe(SECRET_BYTES))
    AnswerLink.objects.create(
        contact=message.contact,
        purchase_order=purchase_order,
        message=message,
        token_hash=token_hash(token),
        made_at=now,
        expires_at=now + timedelta(days=settings.LINK_LIFE_DAYS),
    )
    return token


@transaction.atomic
def note_use(*, link: AnswerLink, now: datetime) -> None:
    """Note that somebody sent something through a link, so its mail was opened."""
    AnswerLink.objects.for_staff().filter(pk=link.pk).update(
        uses=F("uses") + 1, last_used_at=now
    )
    note_opened(link=link, now=now)


def note_opened(*, link: AnswerLink, now: datetime) -> None:
    """Note in the log of mails that a link's page is looked at. One query.

    The first time stays. A mail that was opened has arrived, whatever was said since.
    """
    Message.objects.for_staff().filter(
        pk=link.message_id, sent_at__isnull=False, opened_at=None
    ).update(opened_at=now)


@transaction.atomic
def withdraw_links(
    *, purchase_order: PurchaseOrder, contact_id: int | None, actor: str, now: datetime
) -> int:
    """Withdraw every link to an order, or one contact's; return how many.

    Args:
        purchase_order: The order.
        contact_id: Only this contact's; None: everybody's.
        actor: Who withdraws them.
        now: The moment, aware.
    """
    rows = AnswerLink.objects.for_staff().filter(
        purchase_order=purchase_order, revoked_at=None, expires_at__gt=now
    )
    if contact_id is not None:
        rows = rows.filter(contact_id=contact_id)
    withdrawn = rows.update(revoked_at=now)
    if withdrawn:
        record(
            kind="link.withdrawn",
            about=purchase_order,
            actor=actor,
            scope=purchase_order.supplier.scope,
            summary=f"{purchase_order.number}: {withdrawn} e-mail links withdrawn",
        )
    return withdrawn
