"""Order changes with what follows from them: a preview first, then the ledger."""

from datetime import date

from django.db import transaction

from factory.models import Order, OrderChange, Site
from factory.order_rules import DATED, Wish
from factory.services import order_changes as orders
from factory.services.order_changes import Granted, Signed
from scheduling.errors import ChangeNotPreviewedError, GrantTooEarlyError
from scheduling.models import ChangePreview, CustomerPromise, Publication
from scheduling.services.previews import request_preview
from scheduling.services.promises import revise_for_change


@transaction.atomic
def propose(*, order: Order, wish: Wish, by: Signed) -> OrderChange:
    """Write down what is asked of an order, and ask what it would do.

    Raises:
        OrderChangeRefusedError: If the order cannot take it as it stands.
    """
    change = orders.propose_change(order=order, wish=wish, by=by)
    request_preview(order=change.order, wish=wish, actor=by.actor, change=change)
    return change


@transaction.atomic
def look_again(*, change: OrderChange, actor: str) -> ChangePreview:
    """Ask once more what a change would do: the plan or the order has moved on."""
    return request_preview(
        # The order anew: whoever holds the change may hold an old row.
        order=Order.objects.get(pk=change.order_id),
        wish=orders.wish_of(change),
        actor=actor,
        change=change,
    )


@transaction.atomic
def grant(
    *, change: OrderChange, granted_date: date | None, by: Signed, reason: str = ""
) -> tuple[Granted, list[CustomerPromise]]:
    """Bring an order to what a change asks for, and promise the granted date.

    All of it or nothing, under the site's lock. Other orders' promises move only when a
    plan that moves them is published, and signed for then.

    Args:
        change: Asked for, not decided, and looked at on the plan in force.
        granted_date: The day promised; None for changes that move no date.
        by: Who grants it.
        reason: Why so and not as asked.

    Raises:
        ChangeNotPreviewedError: If nobody could see what it does to the plan in force.
        GrantTooEarlyError: If physics allows no such date.
        ChangeDecidedError: If it is decided.
        OrderChangeRefusedError: If the order can no longer take it.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=change.order.site_id)
    order = Order.objects.select_for_update(of=("self",)).get(pk=change.order_id)
    if not hasattr(change, "decision"):
        _refuse_unseen(change, order, site, granted_date)
    granted = orders.grant_change(
        change=change, granted_date=granted_date, by=by, reason=reason
    )
    return granted, revise_for_change(granted, actor=by.actor)


def newest_preview(change: OrderChange) -> ChangePreview | None:
    """Return the last look at a change. One query."""
    return ChangePreview.objects.filter(change=change).order_by("-pk").first()


def in_force(site: Site) -> Publication | None:
    """Return the newest publication of a site. One query."""
    return Publication.objects.filter(site=site).order_by("-number").first()


def outdated_by(preview: ChangePreview, order: Order) -> str:
    """Return what overtook a preview, in words; empty while it holds. One query."""
    if preview.order_version != order.version:
        return "the order has changed since"
    published = in_force(order.site)
    if preview.state == ChangePreview.State.ANSWERED and (
        preview.publication_id != (published.pk if published else None)
    ):
        return "another plan was published since"
    return ""


def _refuse_unseen(
    change: OrderChange, order: Order, site: Site, granted: date | None
) -> None:
    """Refuse a grant whose effect has not been seen, or that cannot be kept."""
    order.site = site
    preview = newest_preview(change)
    if preview is None or preview.state == ChangePreview.State.REQUESTED:
        raise ChangeNotPreviewedError(order.number, "its effect is still looked for")
    outdated = outdated_by(preview, order)
    if outdated:
        raise ChangeNotPreviewedError(order.number, outdated)
    is_early = (
        granted is not None
        and preview.bound_on is not None
        and granted < preview.bound_on
    )
    if change.kind in DATED and is_early and granted and preview.bound_on:
        raise GrantTooEarlyError(order.number, granted, preview.bound_on)
