"""The courier: sends what is due, a few at a time, and writes down how each went.

Threads only talk to receivers; the database is the dispatcher's own. A receiver that is
slow holds at most two threads, those that fail hold three together, so the others are
not held up. Whatever is cut short is due again when its lease ends, under the same id.
"""

import zlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from journal.models import Delivery, WebhookEndpoint, WebhookSecret
from journal.webhooks.endpoints import switch_off
from journal.webhooks.payload import body_of, message_of
from journal.webhooks.sending import Letter, Post, Sent
from journal.webhooks.signing import headers

log = structlog.get_logger("rackline.webhooks")

THREADS = 8
AT_ONE_ENDPOINT = 2
AT_FAILING_ENDPOINTS = 3
LEASE = timedelta(seconds=60)
"""Longer than any sending takes."""
ROUND_S = 0.2
"""How long one round goes on while there is more to send."""
LOOKED_AT = 50

RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        5,
        5 * 60,
        30 * 60,
        2 * 3_600,
        5 * 3_600,
        10 * 3_600,
        14 * 3_600,
        20 * 3_600,
        24 * 3_600,
    )
)
"""Waits after each failed try, as the specification proposes; ten tries in all."""
JITTER = 0.1
"""Share of a wait that is added at most, so that what failed together spreads."""

USER_AGENT = "Rackline-Webhooks/1"


@dataclass(slots=True)
class Courier:
    """Sends deliveries that are due.

    Attributes:
        send: Sends one letter; runs in a thread.
        clock: Now.
        threads: Talk to receivers.
        under_way: What is being sent, by its thread's future.
    """

    send: Callable[[Letter], Sent] = field(default_factory=lambda: Post().send)
    clock: Callable[[], datetime] = timezone.now
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "webhook")
    )
    under_way: dict[Future[Sent], Delivery] = field(default_factory=dict)

    def work(self) -> int:
        """Note what has come back, send what is due; return how many were begun.

        Goes on for ``ROUND_S`` while there is more; never waits for a slow receiver.
        """
        until = monotonic() + ROUND_S
        begun = 0
        while True:
            self._note_finished()
            now_begun = self._begin()
            begun += now_begun
            left = until - monotonic()
            if now_begun == 0 or left <= 0:
                return begun
            wait(self.under_way, timeout=left, return_when=FIRST_COMPLETED)

    def finish(self) -> None:
        """Wait for what is under way and note it; begin nothing more."""
        wait(self.under_way)
        self._note_finished()
        self.threads.shutdown()

    def _begin(self) -> int:
        """Claim and send what is due, as far as threads are free."""
        now = self.clock()
        chosen = [row for row in self._choose(now) if _claim(row, now)]
        if not chosen:
            return 0
        salts = _salts_of({row.endpoint_id for row in chosen}, now)
        for delivery in chosen:
            letter = _letter(delivery, now, salts.get(delivery.endpoint_id, []))
            self.under_way[self.threads.submit(self.send, letter)] = delivery
        return len(chosen)

    def _choose(self, now: datetime) -> list[Delivery]:
        """Return what may be sent now, the longest due first. One query."""
        free = THREADS - len(self.under_way)
        if free <= 0:
            return []
        at = Counter(row.endpoint_id for row in self.under_way.values())
        failing = sum(
            row.endpoint.failing_since is not None for row in self.under_way.values()
        )
        full = [endpoint for endpoint, count in at.items() if count >= AT_ONE_ENDPOINT]
        due = _due(now).exclude(endpoint__in=full)
        if failing >= AT_FAILING_ENDPOINTS:
            due = due.filter(endpoint__failing_since__isnull=True)
        chosen: list[Delivery] = []
        for row in due[:LOOKED_AT]:
            is_failing = row.endpoint.failing_since is not None
            most = 1 if is_failing else AT_ONE_ENDPOINT
            is_crowded = is_failing and failing >= AT_FAILING_ENDPOINTS
            if at[row.endpoint_id] >= most or is_crowded or len(chosen) >= free:
                continue
            at[row.endpoint_id] += 1
            failing += is_failing
            chosen.append(row)
        return chosen

    def _note_finished(self) -> None:
        """Write down every answer that has come."""
        for future in [one for one in self.under_way if one.done()]:
            delivery = self.under_way.pop(future)
            error = future.exception()
            if error is not None:
                log.error("sending failed here", delivery=delivery.pk, exc_info=error)
                sent = Sent(None, "It could not be sent; the log says why")
            else:
                sent = future.result()
            note(delivery, sent, now=self.clock())


@transaction.atomic
def note(delivery: Delivery, sent: Sent, *, now: datetime) -> None:
    """Write down how a claimed delivery went; one that began anew meanwhile stays."""
    attempts = delivery.attempts + 1
    has_ended = sent.has_arrived or sent.is_gone or attempts > len(RETRIES)
    waits = None if has_ended else wait_after(attempts, delivery.pk)
    state = Delivery.State.WAITING
    if has_ended:
        state = (
            Delivery.State.DELIVERED if sent.has_arrived else Delivery.State.GIVEN_UP
        )
    Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.WAITING, attempts=attempts
    ).update(
        state=state,
        due_at=None if waits is None else now + waits,
        ended_at=now if has_ended else None,
        status=sent.status,
        error=sent.error,
    )
    _judge(delivery.endpoint, sent, now)


def wait_after(attempts: int, key: int) -> timedelta:
    """Return how long to wait after a failed try, spread by the delivery's key.

    Args:
        attempts: Tries so far, 1 to ``len(RETRIES)``.
        key: Of the delivery; the same one waits the same.
    """
    share = zlib.crc32(f"{key}:{attempts}".encode()) / 2**32
    return RETRIES[attempts - 1] * (1 + JITTER * share)


def _judge(endpoint: WebhookEndpoint, sent: Sent, now: datetime) -> None:
    """Note that an endpoint works or fails; switch off one that is gone or dead."""
    same = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if sent.has_arrived:
        same.filter(failing_since__isnull=False).update(failing_since=None)
        return
    if sent.is_gone:
        switch_off(endpoint=endpoint, because=WebhookEndpoint.Reason.GONE, now=now)
        return
    same.filter(failing_since__isnull=True).update(failing_since=now)
    patience = timedelta(days=settings.WEBHOOK_FAILING_DAYS)
    if same.filter(failing_since__lte=now - patience).exists():
        switch_off(endpoint=endpoint, because=WebhookEndpoint.Reason.FAILING, now=now)


def _due(now: datetime) -> "QuerySet[Delivery]":
    """Return what is due at endpoints that are on, the longest due first."""
    return (
        Delivery.objects.filter(
            state=Delivery.State.WAITING,
            due_at__lte=now,
            endpoint__is_active=True,
            endpoint__client__is_active=True,
            endpoint__client__external_communication=True,
        )
        .select_related("endpoint__client", "event")
        .order_by("due_at", "pk")
    )


def _claim(delivery: Delivery, now: datetime) -> bool:
    """Take a delivery for the length of a lease; say whether nobody was faster."""
    claimed = Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.WAITING, due_at=delivery.due_at
    ).update(due_at=now + LEASE, attempts=F("attempts") + 1, tried_at=now)
    return claimed == 1


def _salts_of(endpoints: set[int], now: datetime) -> dict[int, list[str]]:
    """Return the salts that sign for each endpoint, the newest first. One query."""
    found: dict[int, list[str]] = {}
    for endpoint, salt in (
        WebhookSecret.objects.valid(now)
        .filter(endpoint__in=endpoints)
        .values_list("endpoint", "salt")
    ):
        found.setdefault(endpoint, []).append(salt)
    return found


def _letter(delivery: Delivery, now: datetime, salts: list[str]) -> Letter:
    """Return a delivery as it is sent."""
    body = body_of(delivery)
    signed = headers(message=message_of(delivery), at=now, body=body, salts=salts)
    return Letter(
        url=delivery.endpoint.url,
        headers={
            **signed,
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
        },
        body=body,
    )
