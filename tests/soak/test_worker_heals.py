"""Twenty killed brokers: a worker, busy or idle, takes tasks again in time.

To be run at each change of Celery's or kombu's version: `make soak`.
"""

import os
import random
import sys
import time

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from config import broker
from config.env import BASE_DIR
from config.processes import Process

KILLS = 20
HEALED_WITHIN_S = 15.0
SEED = 20_261_122


@pytest.fixture
def server(tmp_path):
    """Return a running broker of our own."""
    prepared = broker.prepare(tmp_path / "data", tmp_path / "broker.log")
    prepared.process.start()
    broker.wait_until_it_answers(prepared)
    yield prepared
    prepared.process.ask_to_stop()
    prepared.process.reap(0.0)


@pytest.fixture
def worker(tmp_path, server):
    """Return a running worker with the demo's options."""
    command = (
        "-m celery -A tests.soak.worker_app worker -Q default -n tormented@%h "
        "--without-gossip --without-mingle --without-heartbeat"
    )
    process = Process(
        name="worker",
        command=[sys.executable, *command.split()],
        mark=sys.executable,
        log=tmp_path / "worker.log",
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "RACKLINE_VAR": str(tmp_path),
            "REDIS_URL": server.url,
            "PYTHONPATH": str(BASE_DIR),
        },
    )
    process.start()
    yield process
    process.ask_to_stop()
    process.reap(0.0)


def send(client, name, *arguments):
    """Send a task; tell whether the broker took it."""
    try:
        client.send_task(
            f"tests.soak.worker_app.{name}",
            args=arguments,
            queue="default",
            retry=False,
            ignore_result=True,
        )
    except OperationalError:
        return False
    return True


def seconds_until_a_task_runs(client, folder, *, at_most_s):
    """Send tasks, one each half second, until one has run; return the seconds."""
    started_s = time.monotonic()
    sent = []
    while (elapsed_s := time.monotonic() - started_s) < at_most_s:
        sign = folder / f"sign-{time.monotonic_ns()}"
        if send(client, "mark", str(sign)):
            sent.append(sign)
        time.sleep(0.5)
        if any(sign.exists() for sign in sent):
            return time.monotonic() - started_s
    raise AssertionError(f"no task ran within {elapsed_s:.0f} s")


@pytest.mark.soak
@pytest.mark.broker
def test_a_worker_takes_tasks_again_soon_after_every_killed_broker(
    tmp_path, server, worker
):
    draw = random.Random(SEED)
    client = Celery(broker=server.url)
    client.conf.broker_transport_options = {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "max_retries": 0,
    }
    seconds_until_a_task_runs(client, tmp_path, at_most_s=60)

    healed_s = []
    for kill in range(KILLS):
        if kill % 2:
            busy = tmp_path / f"busy-{kill}"
            assert send(client, "busy", str(busy), 3.0)
            while not busy.exists():
                time.sleep(0.05)
        server.process.popen.kill()
        server.process.popen.wait()
        time.sleep(draw.uniform(0.3, 10.0))
        server.process.start()
        broker.wait_until_it_answers(server)
        healed_s.append(seconds_until_a_task_runs(client, tmp_path, at_most_s=120))

    # What a release note quotes; shown with -s or on failure.
    print(f"healed in {[round(seconds, 1) for seconds in healed_s]} s")  # noqa: T201
    assert worker.is_running()
    assert worker.log.read_text().count("Unrecoverable") == 0
    assert max(healed_s) <= HEALED_WITHIN_S
