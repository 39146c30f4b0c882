"""What Celery runs: a message names a run, the row says what is to be done."""

import os
import socket

from celery import shared_task
from celery.signals import worker_init, worker_process_init

from scheduling import previewing, quoting, spreading, studying, worker
from scheduling.outbox import (
    ANSWER_QUOTE,
    IMPROVE_PART,
    PREVIEW_CHANGE,
    PROVE_SAVINGS,
    SOLVE_RUN,
)
from scheduling.services import parts, previews, quotes, studies
from scheduling.services.runs import claim


@shared_task(name=SOLVE_RUN)
def solve_run(run_id: int) -> None:
    """Take a run to its end, if it is still to be had."""
    lease = claim(run_id, owner=f"{socket.gethostname()}:{os.getpid()}")
    if lease is not None:
        # What this process kept to help another run would take room from this one.
        spreading.HELPER.forget()
        worker.execute(lease)


@shared_task(name=IMPROVE_PART)
def improve_part(part_id: int) -> None:
    """Search a part of a run's plan, if its run still wants it."""
    part = parts.claim(part_id, owner=f"{socket.gethostname()}:{os.getpid()}")
    if part is not None:
        spreading.execute(part)


@shared_task(name=ANSWER_QUOTE)
def answer_quote(quote_id: int) -> None:
    """Answer a quote, if nobody else does."""
    quote = quotes.claim(quote_id)
    if quote is not None:
        quoting.execute(quote)


@shared_task(name=PROVE_SAVINGS)
def prove_savings(study_id: int) -> None:
    """Prove a plan's savings, if nobody else does."""
    lease = studies.claim(study_id)
    if lease is not None:
        studying.execute(lease)


@shared_task(name=PREVIEW_CHANGE)
def preview_change(preview_id: int) -> None:
    """Look at what a change would do, if nobody else does."""
    preview = previews.claim(preview_id)
    if preview is not None:
        previewing.execute(preview)


@worker_init.connect
def _warm_up(**_: object) -> None:
    """Compile before the first run: children are forked from what is warm."""
    worker.warm_up()


@worker_process_init.connect
def _limit_memory(**_: object) -> None:
    """Cap each child; the parent only hands out messages."""
    worker.limit_memory()
