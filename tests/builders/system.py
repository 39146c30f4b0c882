"""The running system beside a test: broker, dispatcher and workers, to be tormented.

They share the test's own database, so the test must be a transactional one.
"""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import F

from config import broker
from config.env import BASE_DIR
from config.processes import Process, kill_group
from scheduling.models import Run

Answer = TypeVar("Answer")

LEASE_S = 60
"""Long enough for a worker that a busy machine lets wait; see ``lapse``."""
WAIT_S = 120.0
"""For each step of the system on a busy machine."""
WORKER = (
    "-m celery -A config worker -Q answer,solve,default --loglevel INFO "
    "--without-gossip --without-mingle --without-heartbeat"
)


def database_url() -> str:
    """Return the address of the test's database."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return (
        f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:"
        f"{found['PORT'] or 5432}/{found['NAME']}"
    )


def until(look: Callable[[], Answer], *, within_s: float = WAIT_S) -> Answer:
    """Look again and again until there is something; return it."""
    deadline_s = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline_s:
            raise AssertionError(f"nothing after {within_s} s")
        time.sleep(0.02)
    return found


@dataclass
class System:
    """A broker, a dispatcher and workers, started when a test asks for them."""

    folder: Path
    broker: broker.Broker
    env: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    dispatcher: Process = field(init=False)

    def start_broker(self) -> None:
        """Start the broker, or start it again with what it had kept."""
        self.broker.process.start()
        broker.wait_until_it_answers(self.broker)

    def start_dispatcher(self) -> None:
        """Start the dispatcher, or another in its place."""
        self.dispatcher = self._start(
            "dispatcher", f"{BASE_DIR / 'manage.py'} dispatch"
        )

    def have_workers(self, count: int) -> list[Process]:
        """Return that many running workers that take messages.

        One starts after the other: on a fresh machine the first one compiles the
        kernels and the next one finds them.
        """
        while len(workers := self._workers()) < count:
            name = f"worker{len(self.processes)}"
            log = self._start(name, f"{WORKER} -n {name}@localhost").log
            until(lambda log=log: b" ready." in log.read_bytes(), within_s=300)
        return workers

    def holder_of(self, run: Run) -> Process:
        """Return the worker whose child has claimed a run."""
        owner = Run.objects.get(pk=run.pk).lease_owner
        group = os.getpgid(int(owner.rpartition(":")[2]))
        return next(one for one in self._workers() if one.popen.pid == group)

    def stop(self) -> None:
        """Kill everything; nothing is left."""
        for process in (*self.processes, self.broker.process):
            kill(process)

    def logs(self) -> str:
        """Return what all have said last, for a test that fails."""
        return "\n".join(
            f"== {process.name}\n{process.log.read_text()[-6000:]}"
            for process in self.processes
        )

    def _workers(self) -> list[Process]:
        return [
            process
            for process in self.processes
            if process.name.startswith("worker") and process.is_running()
        ]

    def _start(self, name: str, command: str) -> Process:
        process = Process(
            name=name,
            command=[sys.executable, *command.split()],
            mark=sys.executable,
            log=self.folder / f"{name}.log",
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                "PYTHONPATH": str(BASE_DIR),
                "DATABASE_URL": database_url(),
                "DATABASE_POOL_MAX": "2",
                "REDIS_URL": self.broker.url,
                "RACKLINE_VAR": str(self.folder / "var"),
                "RUN_LEASE_S": str(LEASE_S),
                "RUN_RESEND_S": "3",
                "RUN_THREADS": "1",
                **self.env,
            },
        )
        process.start()
        self.processes.append(process)
        return process


def a_system(folder: Path, **env: str) -> System | None:
    """Return a running broker and dispatcher, or None where there is no server.

    Args:
        folder: For data and logs.
        env: Settings of the processes beside the usual ones.
    """
    prepared = broker.prepare(folder / "broker", folder / "broker.log")
    if prepared is None:
        return None
    system = System(folder, prepared, env)
    system.start_broker()
    system.start_dispatcher()
    return system


def kill(process: Process) -> None:
    """Kill a process and its children, as a power cut would; twice does no harm."""
    assert process.popen is not None
    if process.popen.returncode is None:
        kill_group(process.popen.pid)
        process.popen.wait()


def freeze(process: Process) -> None:
    """Stop a process and its children where they stand."""
    assert process.popen is not None
    os.killpg(process.popen.pid, signal.SIGSTOP)


def freeze_between_writes(process: Process, run: Run) -> None:
    """Stop a process at a moment at which it holds no lock that a run needs.

    Stopped in the middle of a transaction it would hold everybody else up.
    """

    def look() -> bool:
        freeze(process)
        if may_write(run):
            return True
        thaw(process)
        return False

    until(look)


def lapse(run: Run, *, time_limit_s: int) -> None:
    """Let the lease of a run whose worker is gone be over, and its next search short.

    With a lease of seconds a worker would lose its run whenever the machine is busy.
    """
    Run.objects.filter(pk=run.pk).update(
        lease_until=F("started_at"), time_limit_s=time_limit_s
    )


def may_write(run: Run) -> bool:
    """Return whether a run can be written to at once."""
    try:
        if connection.vendor == "sqlite":
            name = connection.settings_dict["NAME"]
            with closing(sqlite3.connect(name, timeout=0)) as probe:
                probe.execute("BEGIN IMMEDIATE")
        else:
            with transaction.atomic():
                Run.objects.select_for_update(nowait=True).get(pk=run.pk)
    except (sqlite3.OperationalError, OperationalError):
        return False
    return True


def thaw(process: Process) -> None:
    """Let a frozen process go on."""
    assert process.popen is not None
    os.killpg(process.popen.pid, signal.SIGCONT)


def ended(run: Run, *, within_s: float = WAIT_S) -> Run:
    """Return a run once it has ended, in whatever state."""

    def look() -> Run | None:
        run.refresh_from_db()
        return run if run.is_finished else None

    return until(look, within_s=within_s)
