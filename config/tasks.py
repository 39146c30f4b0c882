"""What Celery runs for the API's long writes: only here every resource is known."""

from celery import shared_task

from journal import operations
from journal.api.long_work import work
from journal.outbox import WORK_OPERATION
from scheduling.api.resources import UPSERTS


@shared_task(name=WORK_OPERATION)
def work_operation(operation_id: int) -> None:
    """Take an operation to its end, if it is still to be had."""
    claimed = operations.claim(operation_id)
    if claimed is not None:
        work(claimed, {one.resource.name: one for one in UPSERTS.values()})
