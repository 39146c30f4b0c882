"""An ERP says that it stored a promise; from then on it is expected to."""

from django.db import transaction

from factory.models import Order
from journal.keys import change_client
from journal.models import ApiClient
from journal.services import record
from scheduling.errors import NotYourOrderError, PromiseMovedOnError
from scheduling.models import CustomerPromise, PromiseAcknowledgement


@transaction.atomic
def acknowledge(
    *, promise: CustomerPromise, client: ApiClient, actor: str
) -> PromiseAcknowledgement:
    """Keep that a client's system stored a promise; the same word twice is one.

    Raises:
        NotYourOrderError: If the order is known to another system.
        PromiseMovedOnError: If a newer revision has come.
    """
    order = Order.objects.select_for_update().get(pk=promise.order_id)
    if not order.external_id or order.system != client.system:
        raise NotYourOrderError(order.number, client.system)
    newest = CustomerPromise.objects.filter(order=order).order_by("-number").first()
    if newest is None or newest.pk != promise.pk:
        raise PromiseMovedOnError(order.number)
    kept, is_new = PromiseAcknowledgement.objects.get_or_create(
        promise=promise, defaults={"client": client}
    )
    if is_new:
        record(
            kind="promise.acknowledged",
            about=promise,
            actor=actor,
            summary=f"{client.system} stored revision {promise.number} of the promise "
            f"for {order.number}",
            after={"order": order.number, "revision": promise.number},
        )
    if not client.acknowledges_promises:
        change_client(client=client, actor=actor, acknowledges_promises=True)
    return kept
