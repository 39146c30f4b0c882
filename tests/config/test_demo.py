"""`make demo` as a person meets it: start, address, Ctrl-C, start again."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from config import demo
from config.env import BASE_DIR
from config.errors import AlreadyRunningError, NoFreePortError

START_WAIT_S = 600


@pytest.fixture
def taken():
    """Return a listening socket on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


class Demo:
    """One running demo, and what it has said so far."""

    def __init__(self, var, port):
        """Start it on data of its own."""
        outside = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        env = {key: value for key, value in os.environ.items() if key not in outside}
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=BASE_DIR,
            env={**env, "RACKLINE_VAR": str(var), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # Ends a start that hangs, so that the reads below come to an end.
        self.watchdog = threading.Timer(START_WAIT_S, self.process.kill)
        self.watchdog.start()

    def wait_for_address(self):
        """Read on until it has told its address; return host and port."""
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"runs at http://(127.0.0.1):(\d+)/", line):
                return found[1], int(found[2])
        raise AssertionError(self.said)

    def stop(self):
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.stdout.read()
        return self.process.wait()

    def __enter__(self):
        """Let it run."""
        return self

    def __exit__(self, *_):
        """End it, if the test has not."""
        if self.process.poll() is None:
            self.stop()
        self.watchdog.cancel()
        self.process.stdout.close()


def status(address, path):
    """Return the status of a page."""
    connection = http.client.HTTPConnection(*address, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def living_groups(rows):
    """Return the process groups that still have a member that is not a zombie.

    Who is left to reap an orphan's end is the machine's affair, not the demo's.
    """
    listing = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    living = {
        int(group)
        for group, state in map(str.split, listing)
        if not state.startswith("Z")
    }
    return {row["group"] for row in rows} & living


def events(var):
    """Return how many events a demo's journal holds."""
    with closing(sqlite3.connect(var / "rackline.sqlite3")) as database:
        return database.execute("SELECT count(*) FROM journal_event").fetchone()[0]


@pytest.mark.slow
@pytest.mark.broker
def test_the_demo_starts_beside_a_taken_port_and_leaves_nothing(tmp_path, taken):
    port = taken.getsockname()[1]
    with Demo(tmp_path, port) as first:
        address = first.wait_for_address()
        rows = json.loads((tmp_path / "demo.processes").read_text())

        assert address[1] > port
        assert "Loading the demo site" in first.said
        assert len(living_groups(rows)) == 4
        assert status(address, "/healthz") == 200
        assert status(address, "/accounts/login/") == 200
        assert first.stop() == 0
        assert "rackline-demo" in first.said
        assert living_groups(rows) == set()
    kept = events(tmp_path)

    with Demo(tmp_path, port) as second:
        second.wait_for_address()

        assert second.stop() == 0
        assert "Loading the demo site" not in second.said
    assert events(tmp_path) >= kept > 0


def test_a_port_in_use_is_stepped_around(taken):
    port = taken.getsockname()[1]

    with demo.listen(port) as listener:
        assert port < listener.getsockname()[1] < port + demo.PORTS_TRIED


def test_no_free_port_is_said_with_its_range(taken, monkeypatch):
    port = taken.getsockname()[1]
    monkeypatch.setattr(demo, "PORTS_TRIED", 1)

    with pytest.raises(NoFreePortError, match=f"from {port} to {port}"):
        demo.listen(port)


def test_a_second_demo_on_the_same_data_is_refused(tmp_path):
    path = tmp_path / "demo.lock"
    with path.open("a+") as first, path.open("a+") as second:
        demo.claim(first)
        first.write("http://127.0.0.1:8000/")
        first.flush()

        with pytest.raises(AlreadyRunningError) as raised:
            demo.claim(second)

    assert "already runs at http://127.0.0.1:8000/" in str(raised.value)
