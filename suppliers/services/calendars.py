"""The secret address of a person's calendar: made, shown once, taken back."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from journal.services import record
from suppliers.models import CalendarFeed, SupplierUser
from suppliers.tenancy import Tenant


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token in hex; tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_calendar(*, tenant: Tenant, now: datetime) -> str:
    """Give the reader a new address and return its token; an older one ends.

    The token is nowhere else afterwards.
    """
    person = SupplierUser.objects.for_supplier(tenant.supplier).get(user=tenant.person)
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.for_supplier(tenant.supplier).filter(person=person).delete()
    feed = CalendarFeed.objects.create(
        person=person, token_hash=hash_of(token), made_at=now
    )
    _tell(tenant, feed, "made")
    return token


@transaction.atomic
def end_calendar(*, tenant: Tenant) -> bool:
    """Take the reader's address back; return whether there was one."""
    feeds = CalendarFeed.objects.for_supplier(tenant.supplier)
    feed = feeds.filter(person__user=tenant.person).first()
    if feed is None:
        return False
    _tell(tenant, feed, "ended")
    feed.delete()
    return True


def _tell(tenant: Tenant, feed: CalendarFeed, verb: str) -> None:
    """Append the event about a feed; its address is in none."""
    record(
        kind=f"calendar_feed.{verb}",
        about=feed,
        actor=f"user:{tenant.person.pk}",
        scope=tenant.supplier.scope,
        summary=f"{tenant.supplier.name}: calendar address {verb}",
    )
