"""The Celery app: `celery -A config.celery worker`; settings begin with ``CELERY_``."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("rackline")
app.config_from_object("django.conf:settings", namespace="CELERY")
# A queue of its own for solves, so that a minute's search delays nothing else, and one
# for questions somebody waits for at a screen.
app.conf.task_queues = [Queue("answer"), Queue("default"), Queue("solve")]
app.autodiscover_tasks()
# What only the configuration can do, since it alone knows every app.
app.autodiscover_tasks(["config"])


@worker_process_init.connect
def freeze_what_is_loaded(**_: object) -> None:
    """Take what a process keeps for life out of garbage collection.

    Each full round walked all of it: a fifth of what a large upload took.
    """
    gc.freeze()
