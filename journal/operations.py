"""The life of a bulk operation: asked for, claimed, reported on, ended, forgotten.

Leases are counted by the database's clock. Whoever writes to a running operation shows
the attempt it claimed; a worker that was thought dead and comes back is refused.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from journal.errors import OperationFencedOutError, OperationOverError
from journal.models import ApiClient, BulkItem, BulkOperation
from journal.services import record
from journal.setwise import insert_rows
from journal.wording import counted

LEASE_S = 60
WORKER_LOST = "worker_lost"
ATTEMPTS_OVER = (
    "The operation was tried three times and its worker was lost each time. What its "
    "results list is stored; send the rest again."
)

_STATE = BulkOperation.State


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to one operation, until a newer claim of it."""

    operation_id: int
    attempt: int


def request_operation(
    *,
    client: ApiClient,
    resource: str,
    items: Sequence[object],
    is_atomic: bool,
    is_dry_run: bool,
) -> BulkOperation:
    """Take on items to be written by a worker. One INSERT; the dispatcher sends it.

    Args:
        client: Who sent them, and whose system states them.
        resource: Name of what they are: ``purchase-orders``.
        items: As sent; nobody has looked at them yet.
        is_atomic: Whether all are stored or none.
        is_dry_run: Whether they are tried only.
    """
    return BulkOperation.objects.create(
        client=client,
        resource=resource,
        is_atomic=is_atomic,
        is_dry_run=is_dry_run,
        items=zlib.compress(json.dumps(items).encode()),
        items_total=len(items),
    )


def items_of(operation: BulkOperation) -> list[Any]:
    """Return the items as they were sent.

    Raises:
        OperationFencedOutError: If it has ended, and they are kept no longer.
    """
    if operation.items is None:
        raise OperationFencedOutError(operation.pk)
    items: list[Any] = json.loads(zlib.decompress(bytes(operation.items)))
    return items


@transaction.atomic
def cancel(*, operation: BulkOperation, actor: str) -> BulkOperation:
    """End a queued operation at once, or ask the worker of a running one to stop.

    What is stored stays, and its results say so. Asking twice is asking once.

    Raises:
        OperationOverError: If it has ended already.
    """
    held = BulkOperation.objects.select_for_update().get(pk=operation.pk)
    if held.is_finished:
        raise OperationOverError(held.pk, held.state)
    BulkOperation.objects.filter(pk=held.pk, cancel_requested_at=None).update(
        cancel_requested_at=Now()
    )
    if held.state == _STATE.QUEUED:
        _end(held.pk, _STATE.CANCELLED, actor)
    return BulkOperation.objects.get(pk=held.pk)


@transaction.atomic
def claim(operation_id: int) -> Claim | None:
    """Take a queued operation to work on; None if it is not to be had.

    However often a message arrives, one claim succeeds.
    """
    moved = BulkOperation.objects.filter(
        pk=operation_id,
        state=_STATE.QUEUED,
        attempt__lt=BulkOperation.MAX_ATTEMPTS,
    ).update(
        state=_STATE.RUNNING,
        attempt=F("attempt") + 1,
        items_checked=F("items_done"),
        lease_until=_lease_end(),
        started_at=Coalesce("started_at", Now()),
    )
    if not moved:
        return None
    attempt = BulkOperation.objects.values_list("attempt", flat=True)
    return Claim(operation_id, attempt.get(pk=operation_id))


def hold(claimed: Claim, *, seconds: float = 0.0) -> None:
    """Say that the worker is alive, and how long it will be silent. One UPDATE.

    Raises:
        OperationFencedOutError: If another worker has claimed it since.
    """
    _write(claimed, lease_until=_lease_end(seconds))


def keep_checked(claimed: Claim, count: int) -> None:
    """Say how many items have been looked at; none is stored yet. One UPDATE.

    Raises:
        OperationFencedOutError: If another worker has claimed it since.
    """
    _write(claimed, lease_until=_lease_end(), items_checked=count)


def is_cancel_requested(claimed: Claim) -> bool:
    """Say whether somebody wants it to stop. One query."""
    return BulkOperation.objects.filter(
        pk=claimed.operation_id, cancel_requested_at__isnull=False
    ).exists()


def keep_results(
    claimed: Claim, results: Sequence[Mapping[str, Any]], counts: Mapping[str, int]
) -> None:
    """Keep what became of the next items, in the transaction that stores them.

    Args:
        claimed: The right to do so.
        results: As shown, in order.
        counts: How many had which outcome.

    Raises:
        OperationFencedOutError: If another worker has claimed it since: the caller's
            transaction must not commit.
    """
    _write(
        claimed,
        lease_until=_lease_end(),
        items_checked=Greatest("items_checked", F("items_done") + len(results)),
        items_done=F("items_done") + len(results),
        **{outcome: F(outcome) + number for outcome, number in counts.items()},
    )
    insert_rows(
        [
            BulkItem(
                operation_id=claimed.operation_id,
                index=result["index"],
                external_id=result["external_id"],
                object_id=result["id"] or "",
                outcome=result["outcome"],
                errors=result.get("errors"),
            )
            for result in results
        ]
    )


@transaction.atomic
def finish(
    claimed: Claim, *, stored: bool, refusal: tuple[str, str] = ("", "")
) -> None:
    """End an operation: cancelled if somebody asked for that and it is not whole.

    Args:
        claimed: The right to do so.
        stored: Whether anything it did is kept.
        refusal: Code and sentence if it came to nothing.

    Raises:
        OperationFencedOutError: If another worker has claimed it since.
    """
    _write(claimed, stored=stored)
    held = BulkOperation.objects.get(pk=claimed.operation_id)
    code, sentence = refusal
    state = _STATE.FAILED if code else _STATE.SUCCEEDED
    if held.cancel_requested_at is not None and held.items_done < held.items_total:
        state, code, sentence = _STATE.CANCELLED, "", ""
    _end(held.pk, state, f"client:{held.client_id}", error_code=code, error=sentence)


def give_back(claimed: Claim) -> None:
    """Let the lease of a claim run out now: the next attempt need not wait for it."""
    BulkOperation.objects.filter(
        pk=claimed.operation_id, attempt=claimed.attempt, state=_STATE.RUNNING
    ).update(lease_until=Now() - timedelta(seconds=1))


def reap() -> int:
    """Queue operations again whose worker fell silent; return how many were moved.

    One that somebody wanted to stop is cancelled; after the third attempt it failed.
    """
    if not BulkOperation.objects.lapsed().exists():
        return 0
    with transaction.atomic():
        lapsed = list(
            BulkOperation.objects.lapsed().select_for_update(skip_locked=True)
        )
        for one in lapsed:
            _reap(one)
    return len(lapsed)


def _reap(one: BulkOperation) -> None:
    """Move on one operation whose worker is gone; what it stored stays."""
    actor = f"client:{one.client_id}"
    BulkOperation.objects.filter(pk=one.pk).update(
        stored=one.items_done > 0 and not one.is_dry_run
    )
    if one.cancel_requested_at is not None:
        _end(one.pk, _STATE.CANCELLED, actor)
    elif one.attempt >= BulkOperation.MAX_ATTEMPTS:
        _end(
            one.pk,
            _STATE.FAILED,
            actor,
            error_code=WORKER_LOST,
            error=ATTEMPTS_OVER,
        )
    else:
        BulkOperation.objects.filter(pk=one.pk).update(
            state=_STATE.QUEUED, sent_at=None, lease_until=None
        )


def forget_old(now: datetime | None = None) -> int:
    """Delete operations that ended ``OPERATIONS_KEPT_DAYS`` ago; return how many.

    Args:
        now: Aware; None is now.
    """
    until = (now or timezone.now()) - timedelta(days=settings.OPERATIONS_KEPT_DAYS)
    old = BulkOperation.objects.filter(ended_at__lte=until)
    gone = old.count()
    old.delete()
    return gone


def _end(
    operation_id: int, state: BulkOperation.State, actor: str, **said: str
) -> None:
    """Move an operation to its end, and tell the journal."""
    BulkOperation.objects.filter(pk=operation_id).update(
        state=state, ended_at=Now(), lease_until=None, items=None, **said
    )
    held = BulkOperation.objects.get(pk=operation_id)
    outcomes = ("created", "updated", "unchanged", "stale", "failed")
    record(
        kind=f"operation.{state.value}",
        about=held,
        actor=actor,
        summary=(
            f"Bulk write of {counted(held.items_total, 'item')} of {held.resource} "
            f"{state.value}"
        ),
        after={
            "resource": held.resource,
            "items_done": held.items_done,
            "stored": held.stored,
            **{outcome: getattr(held, outcome) for outcome in outcomes},
        },
    )


def _write(claimed: Claim, **values: Any) -> None:
    """Write to an operation at work.

    Raises:
        OperationFencedOutError: If another worker has claimed it since.
    """
    written = BulkOperation.objects.filter(
        pk=claimed.operation_id, attempt=claimed.attempt, state=_STATE.RUNNING
    ).update(**values)
    if not written:
        raise OperationFencedOutError(claimed.operation_id)


def _lease_end(seconds: float = 0.0) -> Any:  # noqa: ANN401 - an expression
    """Return when a lease given now runs out, by the database's clock."""
    return Now() + timedelta(seconds=LEASE_S + seconds)
