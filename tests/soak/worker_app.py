"""A Celery app with our settings and two tasks, for a worker under torment."""

import time
from pathlib import Path

import django
from celery import Celery

django.setup()

app = Celery("tormented")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def mark(path: str) -> None:
    """Leave a sign that a task ran."""
    Path(path).touch()


@app.task
def busy(path: str, seconds: float) -> None:
    """Leave a sign, then be at work for a while."""
    Path(path).touch()
    time.sleep(seconds)
