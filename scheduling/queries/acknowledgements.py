"""Promises that an ERP has not said it stored, and those of them that are overdue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from journal.models import ApiClient
from scheduling.models import CustomerPromise

WAITS = Q(("is_settled", False))
"""Of promises with ``is_settled``: those that wait for an acknowledgement."""


def with_settled(promises: QuerySet[CustomerPromise]) -> QuerySet[CustomerPromise]:
    """Return promises with ``is_settled``: acknowledged, or a newer one has come."""
    newer = CustomerPromise.objects.filter(
        order=OuterRef("order"), number__gt=OuterRef("number")
    )
    return promises.annotate(
        is_settled=Q(acknowledgement__isnull=False) | Exists(newer)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """Promises of one system that wait too long for its acknowledgement.

    Attributes:
        system: The ERP.
        count: Promises, at least 1.
        since: When the oldest of them was made.
    """

    system: str
    count: int
    since: datetime


def overdue(now: datetime) -> list[Unstored]:
    """Return what waits longer than ``PROMISE_ACK_MAX_AGE_MIN``, by system. One query.

    Only systems with an active client that acknowledges promises are expected to.
    """
    until = now - timedelta(minutes=settings.PROMISE_ACK_MAX_AGE_MIN)
    systems = ApiClient.objects.filter(
        is_active=True, acknowledges_promises=True
    ).values("system")
    rows = (
        with_settled(CustomerPromise.objects.order_by())
        .filter(
            WAITS, made_at__lt=until, order__system__in=systems, order__state="open"
        )
        .exclude(order__external_id="")
        .values("order__system")
        .annotate(count=Count("pk"), since=Min("made_at"))
        .order_by("order__system")
    )
    return [
        Unstored(system=row["order__system"], count=row["count"], since=row["since"])
        for row in rows
    ]
