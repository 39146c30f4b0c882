"""The supervisor: what it keeps up, what it gives up, and that nothing is left."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from config.errors import ProcessKeepsEndingError
from config.processes import Process, Supervisor, end_leftovers

WAIT_S = 120.0
# Tells its own and its child's number, then waits; deaf to a polite request.
DEAF_PARENT = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n"
)
WAITING = "import time; print('up', flush=True); time.sleep(600)"


def until(happened):
    """Return what a function gives once it gives something; fail after a while."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        if result := happened():
            return result
    raise AssertionError("it never happened")


def is_alive(pid):
    """Tell whether a process exists and is more than a name waiting to be reaped."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return bool(shown) and not shown.startswith("Z")


@pytest.fixture
def said():
    """Collect what the supervisor says."""
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    """Return a supervisor that is stopped when the test ends."""
    supervisor = Supervisor(tmp_path / "processes", said.append)
    yield supervisor
    supervisor.stop(grace_s=0.0)


@pytest.fixture
def a_process(tmp_path):
    """Return a builder of a Python process that runs some code."""

    def build(code=WAITING, name="sleeper"):
        return Process(
            name=name,
            command=[sys.executable, "-c", code],
            mark=sys.executable,
            log=tmp_path / f"{name}.log",
            env={**os.environ},
        )

    return build


def test_a_process_is_up_and_its_words_are_in_its_log(supervisor, a_process):
    process = a_process()

    supervisor.start(process)

    until(lambda: process.log.read_text() == "up\n")
    assert process.is_running()


def test_a_killed_process_comes_back(supervisor, a_process, said):
    process = a_process()
    supervisor.start(process)
    first = process.popen.pid

    os.kill(first, signal.SIGKILL)
    process.popen.wait()
    supervisor.watch()

    assert said == ["The sleeper ended (signal 9); restarting in 1 s."]
    until(lambda: supervisor.watch() or process.is_running())
    assert process.popen.pid != first


def test_a_process_that_does_not_work_is_replaced(supervisor, a_process, said):
    process = a_process(DEAF_PARENT)
    supervisor.start(process)
    child = int(until(lambda: process.log.read_text().strip()))
    first = process.popen.pid

    supervisor.replace("sleeper")

    until(lambda: supervisor.watch() or process.is_running())
    assert process.popen.pid != first
    until(lambda: not is_alive(child))


def test_a_process_that_keeps_ending_is_given_up(supervisor, a_process, said):
    process = a_process("import sys; print('no such table'); sys.exit(3)")
    supervisor.start(process)

    def fail_once():
        process.popen.wait()
        supervisor.watch()
        process.start()

    for _ in range(5):
        fail_once()
    process.popen.wait()
    with pytest.raises(ProcessKeepsEndingError) as raised:
        supervisor.watch()

    assert [sentence.split("; ")[1] for sentence in said] == [
        f"restarting in {seconds} s." for seconds in (1, 2, 4, 8, 16)
    ]
    assert "The sleeper ended 6 times in a row." in str(raised.value)
    assert "no such table" in str(raised.value)


def test_stopping_leaves_neither_parent_nor_child(supervisor, a_process):
    process = a_process(DEAF_PARENT)
    supervisor.start(process)
    child = int(until(lambda: process.log.read_text().strip()))

    supervisor.stop(grace_s=0.1)

    assert process.popen.returncode == -signal.SIGKILL
    until(lambda: not is_alive(child))
    assert not supervisor.ledger.exists()


def test_the_first_process_is_asked_last(supervisor, a_process, tmp_path):
    order = tmp_path / "order"
    code = (
        "import pathlib, signal, sys\n"
        "def end(*_):\n"
        f"    with open({str(order)!r}, 'a') as f: f.write('NAME ')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    processes = [
        a_process(code.replace("NAME", name), name) for name in ("broker", "worker")
    ]
    for process in processes:
        supervisor.start(process)
    until(lambda: all(process.log.read_text() for process in processes))

    supervisor.stop()

    assert order.read_text() == "worker broker "


def test_what_a_killed_supervisor_left_is_ended(supervisor, a_process):
    process = a_process(DEAF_PARENT)
    supervisor.start(process)
    child = int(until(lambda: process.log.read_text().strip()))

    assert end_leftovers(supervisor.ledger) == 1

    process.popen.wait()
    until(lambda: not is_alive(child))
    assert not supervisor.ledger.exists()


def test_a_strangers_process_with_an_old_number_is_spared(tmp_path, a_process):
    stranger = a_process()
    stranger.start()
    ledger = tmp_path / "processes"
    row = {"group": stranger.popen.pid, "mark": "a command that is not its own"}
    ledger.write_text(json.dumps([row]))

    assert end_leftovers(ledger) == 0

    assert stranger.is_running()
    stranger.ask_to_stop()
    stranger.reap(0.0)


def test_nothing_is_left_where_nothing_was(tmp_path):
    assert end_leftovers(tmp_path / "processes") == 0
