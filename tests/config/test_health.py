"""The two probes."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from config import health
from journal.models import ProcessBeat
from tests.builders.ports import a_silent_port
from tests.builders.runs import a_claimed_run, a_run


def test_a_process_is_up_without_asking_the_database(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_the_system_is_ready_when_the_dispatcher_beats(client):
    ProcessBeat.objects.create(name="dispatch", at=timezone.now())

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "dispatcher": "ok",
            "broker": "ok",
            "worker": "ok",
        },
        "alarms": {},
    }


@pytest.mark.django_db
def test_the_system_is_not_ready_before_the_dispatcher_starts(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["dispatcher"] == "has not started"


@pytest.mark.django_db
def test_the_system_is_not_ready_when_the_dispatcher_falls_silent(
    client, settings, time_machine
):
    time_machine.move_to(timezone.now(), tick=False)
    silent_s = settings.READY_BEAT_MAX_AGE_S + 1
    ProcessBeat.objects.create(
        name="dispatch", at=timezone.now() - timedelta(seconds=silent_s)
    )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["dispatcher"] == f"silent for {silent_s} s"


@pytest.mark.django_db
def test_the_system_is_not_ready_without_its_broker(client, settings):
    with a_silent_port() as port:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "does not answer"


@pytest.mark.django_db
def test_a_frozen_broker_is_not_waited_for(client, settings):
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
        answer = client.get("/readyz")

    assert answer.json()["checks"]["broker"] == "does not answer"


@pytest.mark.broker
@pytest.mark.django_db
def test_a_broker_that_answers_is_ready(client, settings, monkeypatch, broker_url):
    monkeypatch.setattr(health, "BROKER_TIMEOUT_S", 60.0)
    settings.CELERY_BROKER_URL = broker_url

    answer = client.get("/readyz")

    assert answer.json()["checks"]["broker"] == "ok"


@pytest.mark.django_db
def test_the_folder_of_a_filesystem_broker_must_exist(client, settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": f"{tmp_path}/gone"}

    answer = client.get("/readyz")

    assert answer.json()["checks"]["broker"] == "its folder is missing"


def worker_check(client):
    """Return what readyz says of the workers."""
    return client.get("/readyz").json()["checks"]["worker"]


@pytest.mark.django_db
def test_a_run_that_nobody_takes_tells_that_the_workers_are_gone(client, settings):
    waited = timedelta(seconds=settings.READY_RUN_WAIT_MAX_S + 1)
    a_run(requested_at=timezone.now() - waited)

    assert worker_check(client) == "takes no runs"


@pytest.mark.django_db
def test_a_run_just_asked_for_says_nothing_about_the_workers(client):
    a_run()

    assert worker_check(client) == "ok"


@pytest.mark.django_db
def test_a_run_that_waits_behind_another_is_no_fault_of_the_workers(client, settings):
    waited = timedelta(seconds=settings.READY_RUN_WAIT_MAX_S + 1)
    a_claimed_run()
    a_run(requested_at=timezone.now() - waited)

    assert worker_check(client) == "ok"


@pytest.mark.django_db
def test_a_run_given_back_to_the_queue_gets_its_time_again(client, settings):
    waited = timedelta(seconds=settings.READY_RUN_WAIT_MAX_S + 1)
    a_run(requested_at=timezone.now() - waited, heartbeat_at=timezone.now())

    assert worker_check(client) == "ok"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_read_only(client, path):
    assert client.post(path).status_code == 405
