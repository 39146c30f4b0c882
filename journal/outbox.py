"""Bulk operations on their way to a worker: a message names one, its row is it."""

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db.models.functions import Now

from journal.broker import bounded_connection
from journal.models import BulkOperation

WORK_OPERATION = "config.tasks.work_operation"
QUEUE = "default"
HARD_LIMIT_S = 1_800


def send_operations() -> int:
    """Send every operation that waits for a worker; return how many were sent.

    One sent longer ago than ``RUN_RESEND_S`` counts as lost and goes out again, which
    is harmless: an operation is claimed once.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    again = timedelta(seconds=settings.RUN_RESEND_S)
    waiting = BulkOperation.objects.to_send(again_after=again)
    keys = list(waiting.values_list("pk", flat=True))
    if not keys:
        return 0
    with bounded_connection() as connection:
        for key in keys:
            current_app.send_task(
                WORK_OPERATION,
                args=[key],
                queue=QUEUE,
                connection=connection,
                retry=False,
                ignore_result=True,
                time_limit=HARD_LIMIT_S,
            )
            BulkOperation.objects.filter(
                pk=key, state=BulkOperation.State.QUEUED
            ).update(sent_at=Now())
    return len(keys)
