"""Runs on their way to the broker: a message names a run, the row is the record.

The message names its task by a string, so that nobody who sends imports the solver.
"""

from datetime import timedelta

import structlog
from celery import current_app
from django.conf import settings

from scheduling.models import Run
from scheduling.services.runs import mark_sent

log = structlog.get_logger("rackline.outbox")

SOLVE_RUN = "scheduling.tasks.solve_run"
SOLVE_QUEUE = "solve"
SEND_TIMEOUT_S = 1
# Reading the data and storing the plan of 10,000 racks, besides the search itself.
HARD_MARGIN_S = 180


def send_runs() -> int:
    """Send every run that has no message on its way; return how many were sent.

    The broker gets ``SEND_TIMEOUT_S`` to answer. A message that was sent but could not
    be noted as sent goes out twice, which is harmless: a run is claimed once.

    Raises:
        OperationalError: Kombu's, if the broker does not answer; what is left waits.
    """
    waiting = Run.objects.to_send(again_after=timedelta(seconds=settings.RUN_RESEND_S))
    runs = list(waiting.only("id", "time_limit_s"))
    if not runs:
        return 0
    bounded = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": SEND_TIMEOUT_S,
        "socket_connect_timeout": SEND_TIMEOUT_S,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    with current_app.connection_for_write(transport_options=bounded) as connection:
        for run in runs:
            current_app.send_task(
                SOLVE_RUN,
                args=[run.pk],
                queue=SOLVE_QUEUE,
                connection=connection,
                retry=False,
                ignore_result=True,
                # The last resort against a search that hangs: the child is killed.
                time_limit=run.time_limit_s + HARD_MARGIN_S,
            )
            mark_sent(run.pk)
    log.info("sent", runs=[run.pk for run in runs])
    return len(runs)
