"""The one process beside web and workers: it moves on what others have committed.

It numbers events, lets each consumer deal with them, asks utilities for grid events,
starts and settles the repairs that facts ask for, sends runs and quotes to the broker,
reaps runs whose worker fell silent, frees bookings whose time is over, tells of
promises whose day went by, and mails suppliers what needs their answer. Each is a chore
of its own: when one fails, because the broker, the database or the mail server is away,
it is tried again later and the others go on.
Webhooks and questions to utilities go out by threads, so that a slow receiver holds up
nothing here.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from django.db import connection
from django.utils import timezone

from journal import operations
from journal.api.idempotency import forget_old as forget_keys
from journal.beats import beat
from journal.cursors import Consumer, consume
from journal.outbox import send_operations
from journal.retention import raise_floor
from journal.sequencing import sequence
from journal.webhooks.courier import Courier
from journal.webhooks.queue import WEBHOOKS, forget_old
from scheduling.grid_poller import Poller
from scheduling.outbox import send_previews, send_quotes, send_runs, send_studies
from scheduling.services.auto_repair import GATHER, settle, start_due
from scheduling.services.grid import end_past
from scheduling.services.quotes import release_expired
from scheduling.services.runs import reap
from suppliers.outbox import send_uploads
from suppliers.services import uploads
from suppliers.services.derive import refresh as refresh_scores
from suppliers.services.due import tell_missed
from suppliers.services.mail import queue_digests
from suppliers.services.mail_answers import MAIL_ANSWERS
from suppliers.services.sending import send_waiting

log = structlog.get_logger("rackline.dispatch")

NAME = "dispatch"
"""Of its sign of life."""

TICK_S = 0.2
SLOW_CHORE_S = 1.0
LOOK_S = 0.5
RETRY_S = 1.0
DUE_CHORE_S = 60.0
DIGEST_CHORE_S = 60.0
SCORES_CHORE_S = 5.0
# A mail server that is away costs a timeout each time it is tried.
MAIL_RETRY_S = 60.0
TIDY_CHORE_S = 3_600.0
EVENTS_AT_ONCE = 500

CONSUMERS: tuple[Consumer, ...] = (WEBHOOKS, MAIL_ANSWERS, GATHER)
"""Who is shown every event once, in order."""


@dataclass(kw_only=True)
class Chore:
    """Something to do again and again.

    Attributes:
        name: For the log.
        work: Does it.
        every_s: Seconds between two times; 0: at every tick.
        retry_s: Seconds after a failure until it is tried again.
        due_s: When it is due, by the monotonic clock.
        is_failing: Whether it failed the last time.
    """

    name: str
    work: Callable[[], object]
    every_s: float = 0.0
    retry_s: float = RETRY_S
    due_s: float = field(default=0.0, init=False)
    is_failing: bool = field(default=False, init=False)

    def do(self, now_s: float) -> None:
        """Do it if it is due. A failure is logged once, until it works again."""
        if now_s < self.due_s:
            return
        try:
            self.work()
        except Exception as error:  # noqa: BLE001 - must not stop the other chores
            self._failed(error)
            self.due_s = now_s + self.retry_s
            return
        if self.is_failing:
            log.info("chore works again", chore=self.name)
        self.is_failing = False
        self.due_s = now_s + self.every_s

    def _failed(self, error: Exception) -> None:
        # The next use opens a new connection, should this one have been lost.
        connection.close()
        if not self.is_failing:
            log.warning("chore fails", chore=self.name, exc_info=error)
        self.is_failing = True


def chores(
    consumers: Sequence[Consumer] = CONSUMERS,
    *,
    courier: Courier | None = None,
    poller: Poller | None = None,
) -> list[Chore]:
    """Return everything the dispatcher does, in order."""
    return [
        Chore(name="sequence", work=_sequence_all),
        *(
            Chore(name=f"consumer {consumer.name}", work=partial(_feed, consumer))
            for consumer in consumers
        ),
        Chore(name="send webhooks", work=(courier or Courier()).work),
        Chore(name="ask VTNs", work=(poller or Poller()).work, every_s=SLOW_CHORE_S),
        Chore(name="start repairs", work=start_due, every_s=LOOK_S),
        Chore(name="send runs", work=send_runs),
        Chore(name="send quotes", work=send_quotes),
        Chore(name="send studies", work=send_studies, every_s=SLOW_CHORE_S),
        Chore(name="send previews", work=send_previews),
        Chore(name="send uploads", work=send_uploads),
        Chore(name="send operations", work=send_operations),
        Chore(name="reap operations", work=operations.reap, every_s=SLOW_CHORE_S),
        Chore(name="settle repairs", work=settle, every_s=SLOW_CHORE_S),
        Chore(name="reap uploads", work=_reap_uploads, every_s=SLOW_CHORE_S),
        Chore(name="reap runs", work=reap, every_s=SLOW_CHORE_S),
        Chore(name="release bookings", work=release_expired, every_s=SLOW_CHORE_S),
        Chore(name="end grid events", work=_end_grid_events, every_s=DUE_CHORE_S),
        Chore(name="tell missed", work=_tell_missed, every_s=DUE_CHORE_S),
        Chore(name="queue digests", work=_queue_digests, every_s=DIGEST_CHORE_S),
        Chore(
            name="send mail",
            work=send_waiting,
            every_s=SLOW_CHORE_S,
            retry_s=MAIL_RETRY_S,
        ),
        Chore(name="raise floor", work=raise_floor, every_s=TIDY_CHORE_S),
        Chore(name="forget deliveries", work=forget_old, every_s=TIDY_CHORE_S),
        Chore(name="forget keys", work=forget_keys, every_s=TIDY_CHORE_S),
        Chore(
            name="forget operations", work=operations.forget_old, every_s=TIDY_CHORE_S
        ),
        Chore(name="scores", work=refresh_scores, every_s=SCORES_CHORE_S),
        Chore(name="beat", work=partial(beat, NAME), every_s=SLOW_CHORE_S),
    ]


def run_until(stop: threading.Event, work: Sequence[Chore]) -> None:
    """Do the chores at every tick until asked to stop; a chore is never cut short."""
    log.info("dispatching")
    while not stop.is_set():
        tick(work)
        stop.wait(TICK_S)
    log.info("stopped")


def tick(work: Sequence[Chore]) -> None:
    """Do what is due."""
    for chore in work:
        chore.do(time.monotonic())


def _sequence_all() -> None:
    while sequence(EVENTS_AT_ONCE) == EVENTS_AT_ONCE:
        pass


def _end_grid_events() -> None:
    end_past(now=timezone.now())


def _tell_missed() -> None:
    tell_missed(now=timezone.now())


def _queue_digests() -> None:
    queue_digests(now=timezone.now())


def _reap_uploads() -> None:
    uploads.reap(timezone.now())


def _feed(consumer: Consumer) -> None:
    while consume(consumer, limit=EVENTS_AT_ONCE) == EVENTS_AT_ONCE:
        pass
