"""What Celery runs for suppliers: a message names an upload, the row says the rest."""

from celery import shared_task
from django.utils import timezone

from suppliers.outbox import WORK_UPLOAD
from suppliers.services.uploads import claim, work


@shared_task(name=WORK_UPLOAD)
def work_upload(upload_id: int) -> None:
    """Take an upload to its end, if it is still to be had."""
    claimed = claim(upload_id, now=timezone.now())
    if claimed is not None:
        work(claimed)
