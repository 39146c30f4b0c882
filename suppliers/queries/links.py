"""Which link a token is, and whether it still opens anything."""

import hashlib
from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature, Signer

from suppliers.models import AnswerLink, PurchaseOrder, SupplierUser
from suppliers.queries.people import covered_by, today_of

SIGNER = Signer(sep=".", salt="suppliers.answer-link")
"""Signs tokens, so that a made-up one is refused before a table is read."""


class LinkState(StrEnum):
    """Whether a link opens its order."""

    LIVE = "live"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256; tokens are random, so unsalted."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str) -> AnswerLink | None:
    """Return the link a token is, live or not; None if nobody was sent it. One query.

    The token is the authority: it names the supplier, as a log-in does.
    """
    try:
        SIGNER.unsign(token)
    except BadSignature:
        return None
    return (
        AnswerLink.objects.for_staff()
        .select_related(
            "contact__user", "contact__supplier", "purchase_order__site", "message"
        )
        .filter(token_hash=token_hash(token))
        .first()
    )


def state_of(link: AnswerLink, *, now: datetime) -> LinkState:
    """Say whether a link still opens its order. At most one query.

    One whose contact has left, or may not answer any more, is withdrawn with the right.
    """
    contact = link.contact
    may_answer = (
        _answers(contact, now)
        and contact.user.is_active
        and contact.supplier.is_active
        and contact.supplier_id == link.purchase_order.supplier_id
    )
    if link.revoked_at is not None or not may_answer:
        return LinkState.WITHDRAWN
    is_over = link.purchase_order.state != PurchaseOrder.State.OPEN
    if is_over:
        return LinkState.WITHDRAWN
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.LIVE


def _answers(contact: SupplierUser, now: datetime) -> bool:
    """Say whether a contact may answer, by right or while covering for a colleague."""
    if contact.role == SupplierUser.Role.ANSWER:
        return True
    covered = covered_by(contact, today=today_of(contact.supplier, now))
    return any(row.person.role == SupplierUser.Role.ANSWER for row in covered)
