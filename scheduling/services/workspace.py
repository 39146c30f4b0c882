"""What people keep of the workspace: causes put off, views saved."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from factory.models import Site
from scheduling.errors import ViewError
from scheduling.models import SavedView, Snooze

CAUSE_MOST, NAME_MOST, ADDRESS_MOST, VIEWS_MOST = 120, 80, 1_000, 200
DAYS_MOST = 30


@transaction.atomic
def put_off(
    *, site: Site, cause: str, messages: int, days: int, by: User, now: datetime
) -> None:
    """Put a cause off for some days for everybody at a site; 0 takes it back.

    Args:
        site: Whose inbox.
        cause: Its stable name, up to 120 characters.
        messages: How many it has; with more it comes back.
        days: 0 to 30.
        by: Who puts it off.
        now: The moment.
    """
    Snooze.objects.filter(site=site, cause=cause).delete()
    if 0 < days <= DAYS_MOST and 0 < len(cause) <= CAUSE_MOST:
        Snooze.objects.create(
            site=site,
            cause=cause,
            messages=max(1, messages),
            until=now + timedelta(days=days),
            by=by,
            at=now,
        )


@transaction.atomic
def save_view(
    *, site: Site, owner: User, name: str, address: str, is_shared: bool
) -> SavedView:
    """Keep an address with its whole view under a name; the same name replaces it.

    Args:
        site: Whose pages.
        owner: Who keeps it.
        name: 1 to 80 characters.
        address: Path and query string of one of our pages.
        is_shared: Whether everybody at the site sees it.

    Raises:
        ViewError: If the name is missing, the address is none of ours, or 200 are kept.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_MOST:
        raise ViewError(f"A view needs a name of 1 to {NAME_MOST} characters.")
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not is_ours or len(address) > ADDRESS_MOST or not address.isprintable():
        raise ViewError("A view is a page of this site, up to 1,000 characters long.")
    kept = SavedView.objects.filter(site=site, owner=owner)
    if kept.exclude(name=name).count() >= VIEWS_MOST:
        raise ViewError(f"You keep {VIEWS_MOST} views; remove one first.")
    view, _ = SavedView.objects.update_or_create(
        site=site,
        owner=owner,
        name=name,
        defaults={"address": address, "is_shared": is_shared},
    )
    return view
