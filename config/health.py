"""Two probes without log-in: is the process up, and can the system do its work."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from journal.models import ProcessBeat
from scheduling.models import Run
from scheduling.queries.alarms import alarms

BROKER_TIMEOUT_S = 1.0
DISPATCHER = "dispatch"

Check = Callable[[], str]


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Answer that this process serves requests; asks nobody else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Answer 200 when everything works that runs need, else 503 and what does not.

    Six short queries, and at most ``BROKER_TIMEOUT_S`` seconds for the broker.
    """
    checks: dict[str, Check] = {
        "database": _database,
        "dispatcher": _dispatcher,
        "broker": _broker,
        "worker": _worker,
    }
    faults = {name: check() for name, check in checks.items()}
    ready = not any(faults.values())
    return JsonResponse(
        {
            "status": "ok" if ready else "unavailable",
            "checks": {name: fault or "ok" for name, fault in faults.items()},
            "alarms": _alarms(),
        },
        status=200 if ready else 503,
    )


def _alarms() -> dict[str, int]:
    """Return how many alarms of each kind the office sees; none while unknown."""
    try:
        return dict(Counter(alarm.kind for alarm in alarms(timezone.now())))
    except DatabaseError:
        return {}


def _database() -> str:
    """Return what is wrong with the database, or nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return ""


def _dispatcher() -> str:
    """Return what is wrong with the dispatcher, or nothing."""
    try:
        beat = ProcessBeat.objects.filter(name=DISPATCHER).first()
    except DatabaseError:
        return "unknown, since the database does not answer"
    if beat is None:
        return "has not started"
    age = timezone.now() - beat.at
    if age > timedelta(seconds=settings.READY_BEAT_MAX_AGE_S):
        return f"silent for {int(age.total_seconds())} s"
    return ""


def _broker() -> str:
    """Return what is wrong with the broker, or nothing."""
    url = settings.CELERY_BROKER_URL
    if url.startswith("filesystem:"):
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]
        return "" if Path(folder).is_dir() else "its folder is missing"
    if not url.startswith(("redis:", "rediss:")):
        return ""
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=BROKER_TIMEOUT_S,
        socket_timeout=BROKER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except redis.RedisError:
        return "does not answer"
    finally:
        client.close()
    return ""


def _worker() -> str:
    """Return what is wrong with the workers, or nothing.

    Only runs tell: a worker that lost its broker can look alive and take none.
    """
    since = timezone.now() - timedelta(seconds=settings.READY_RUN_WAIT_MAX_S)
    try:
        waiting = Run.objects.filter(
            Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=since),
            state=Run.State.QUEUED,
            requested_at__lt=since,
        ).exists()
        running = Run.objects.filter(
            state=Run.State.RUNNING, heartbeat_at__gte=since
        ).exists()
    except DatabaseError:
        return "unknown, since the database does not answer"
    return "takes no runs" if waiting and not running else ""
