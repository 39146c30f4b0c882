"""Runs, quotes, previews and studies on their way to the broker.

A message names one, the row is it. The task is named by a string, so that nobody who
sends imports the solver.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from celery import current_app
from django.conf import settings

from journal.broker import bounded_connection
from scheduling.models import ChangePreview, Quote, Run, Study
from scheduling.services.previews import mark_sent as mark_preview_sent
from scheduling.services.quotes import mark_sent as mark_quote_sent
from scheduling.services.runs import mark_sent
from scheduling.services.studies import is_somebody_waiting
from scheduling.services.studies import mark_sent as mark_study_sent

log = structlog.get_logger("rackline.outbox")

SOLVE_RUN = "scheduling.tasks.solve_run"
ANSWER_QUOTE = "scheduling.tasks.answer_quote"
PROVE_SAVINGS = "scheduling.tasks.prove_savings"
PREVIEW_CHANGE = "scheduling.tasks.preview_change"
IMPROVE_PART = "scheduling.tasks.improve_part"
SOLVE_QUEUE = "solve"
ANSWER_QUEUE = "answer"
"""For what takes seconds and is waited for: no search may stand before it."""
QUOTE_S = 10
PREVIEW_S = 5
PART_S = 10
STUDY_S = 600
# Reading the data and storing the plan of 10,000 racks, besides the search itself.
HARD_MARGIN_S = 180


def send_runs() -> int:
    """Send every run that has no message on its way; return how many were sent.

    A message that was sent but could not
    be noted as sent goes out twice, which is harmless: a run is claimed once.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    waiting = Run.objects.to_send(again_after=timedelta(seconds=settings.RUN_RESEND_S))
    runs = [(run.pk, run.time_limit_s) for run in waiting.only("id", "time_limit_s")]
    _send(SOLVE_RUN, runs, mark_sent)
    return len(runs)


def send_quotes() -> int:
    """Send every quote that nobody answers yet; as ``send_runs``.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    waiting = Quote.objects.to_send(
        again_after=timedelta(seconds=settings.RUN_RESEND_S)
    )
    quotes = [(quote.pk, QUOTE_S) for quote in waiting.only("id")]
    _send(ANSWER_QUOTE, quotes, mark_quote_sent, queue=ANSWER_QUEUE)
    return len(quotes)


def send_studies() -> int:
    """Send every study that nobody works on, while nobody waits; as ``send_runs``.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    if is_somebody_waiting():
        return 0
    waiting = Study.objects.to_send(
        again_after=timedelta(seconds=settings.RUN_RESEND_S)
    )
    studies = [(study.pk, STUDY_S) for study in waiting.only("id")]
    _send(PROVE_SAVINGS, studies, mark_study_sent)
    return len(studies)


def send_previews() -> int:
    """Send every preview that nobody works on yet; as ``send_runs``.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    waiting = ChangePreview.objects.to_send(
        again_after=timedelta(seconds=settings.RUN_RESEND_S)
    )
    previews = [(preview.pk, PREVIEW_S) for preview in waiting.only("id")]
    _send(PREVIEW_CHANGE, previews, mark_preview_sent, queue=ANSWER_QUEUE)
    return len(previews)


def send_parts(parts: list[int]) -> None:
    """Tell workers of parts of a run's plan, once: who comes too late is not missed.

    Raises:
        OperationalError: Kombu's, if the broker does not answer.
    """
    _send(IMPROVE_PART, [(pk, PART_S) for pk in parts], lambda _: None)


def _send(
    task: str,
    rows: list[tuple[int, int]],
    mark: Callable[[int], None],
    *,
    queue: str = SOLVE_QUEUE,
) -> None:
    """Send a message for each row, with the seconds it may search."""
    if not rows:
        return
    with bounded_connection() as connection:
        for pk, seconds in rows:
            current_app.send_task(
                task,
                args=[pk],
                queue=queue,
                connection=connection,
                retry=False,
                ignore_result=True,
                # The last resort against a search that hangs: the child is killed.
                time_limit=seconds + HARD_MARGIN_S,
            )
            mark(pk)
    log.info("sent", task=task, rows=[pk for pk, _ in rows])
