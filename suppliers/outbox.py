"""Uploads on their way to a worker: a message names one, its row is the record."""

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from journal.broker import bounded_connection
from suppliers.models import Upload
from suppliers.services.uploads import SILENT_S

WORK_UPLOAD = "suppliers.tasks.work_upload"
QUEUE = "default"


def send_uploads() -> int:
    """Send every upload that waits for a worker; return how many were sent.

    One sent longer ago than ``RUN_RESEND_S`` counts as lost and goes out again, which
    is harmless: an upload is claimed once.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    now = timezone.now()
    lost = now - timedelta(seconds=settings.RUN_RESEND_S)
    waiting = Upload.objects.for_staff().filter(
        Q(sent_at__isnull=True) | Q(sent_at__lt=lost), state=Upload.State.QUEUED
    )
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return 0
    with bounded_connection() as connection:
        for key in keys:
            current_app.send_task(
                WORK_UPLOAD,
                args=[key],
                queue=QUEUE,
                connection=connection,
                retry=False,
                ignore_result=True,
                time_limit=5 * SILENT_S,
            )
            Upload.objects.for_staff().filter(pk=key).update(sent_at=now)
    return len(keys)
