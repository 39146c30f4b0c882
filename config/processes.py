"""Processes that belong together: start them, keep them up, stop every one."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ProcessKeepsEndingError

TRIES_MAX = 6
# A process that lived this long has earned a fresh count of tries.
SETTLED_S = 60.0
STOP_GRACE_S = 8.0
LOG_MAX_BYTES = 10 * 1024 * 1024


@dataclass(kw_only=True)
class Process:
    """One long-running command in a session of its own, its output in a file.

    Attributes:
        name: As people read it.
        command: Program and arguments.
        mark: What its line in the system's list of processes contains.
        log: Where its output goes.
        env: Its whole environment.
        pass_fds: Open files it inherits, such as a listening socket.
    """

    name: str
    command: Sequence[str]
    mark: str
    log: Path
    env: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    tries: int = field(default=0, init=False)
    started_at_s: float = field(default=0.0, init=False)
    restart_at_s: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; its own session keeps the terminal's Ctrl-C from it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        too_long = self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES
        with self.log.open("wb" if too_long else "ab") as output:
            self.popen = subprocess.Popen(  # noqa: S603 - commands of our own
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.env,
                pass_fds=self.pass_fds,
                start_new_session=True,
            )
        self.started_at_s = time.monotonic()
        self.restart_at_s = None

    def is_running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self.popen is not None and self.popen.poll() is None

    def is_due(self) -> bool:
        """Tell whether it waits for a restart whose moment has come."""
        return self.restart_at_s is not None and time.monotonic() >= self.restart_at_s

    def plan_restart(self) -> float:
        """Return the seconds until its restart, which double with every try.

        Raises:
            ProcessKeepsEndingError: If it ended ``TRIES_MAX`` times in a row.
        """
        settled = time.monotonic() - self.started_at_s > SETTLED_S
        self.tries = 1 if settled else self.tries + 1
        if self.tries >= TRIES_MAX:
            raise ProcessKeepsEndingError(self.name, self.tries, self.log)
        pause_s = 2.0 ** (self.tries - 1)
        self.restart_at_s = time.monotonic() + pause_s
        return pause_s

    def ask_to_stop(self) -> None:
        """Ask it to end and never restart it; ``reap`` sees to it that it ends."""
        self.restart_at_s = None
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)

    def reap(self, deadline_s: float) -> None:
        """Wait until a moment of the monotonic clock, then kill what is left."""
        if self.popen is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, deadline_s - time.monotonic()))
        kill_group(self.popen.pid)
        self.popen.wait()


class Supervisor:
    """The processes of one system, in the order they were started.

    ``ledger`` names them on disk, so that the next start can end what a killed
    supervisor left behind.
    """

    def __init__(self, ledger: Path, say: Callable[[str], None]) -> None:
        """Begin with no process; ``say`` takes a sentence for people."""
        self.ledger = ledger
        self.say = say
        self.processes: list[Process] = []

    def start(self, process: Process) -> None:
        """Start one more process and write it down."""
        self.processes.append(process)
        self._start(process)

    def watch(self) -> None:
        """Look once after every process and restart those that ended.

        Raises:
            ProcessKeepsEndingError: If one keeps ending.
        """
        for process in self.processes:
            if process.is_due():
                self._start(process)
            elif process.restart_at_s is None and not process.is_running():
                self._ended(process)

    def replace(self, name: str) -> None:
        """End a process that runs but does not work; ``watch`` starts it again."""
        for process in self.processes:
            if process.name == name and process.popen is not None:
                kill_group(process.popen.pid)
                process.popen.wait()

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Stop all; the first, on which the others lean, last. Nothing is left."""
        for group in (self.processes[1:], self.processes[:1]):
            deadline_s = time.monotonic() + grace_s
            for process in group:
                process.ask_to_stop()
            for process in group:
                process.reap(deadline_s)
        self.processes.clear()
        self.ledger.unlink(missing_ok=True)

    def _start(self, process: Process) -> None:
        """Start a process and keep the ledger true."""
        process.start()
        rows = [
            {"group": process.popen.pid, "mark": process.mark}
            for process in self.processes
            if process.popen is not None
        ]
        self.ledger.parent.mkdir(parents=True, exist_ok=True)
        self.ledger.write_text(json.dumps(rows), encoding="utf-8")

    def _ended(self, process: Process) -> None:
        """Clear away what an ended process left, and plan its restart."""
        code = 0
        if process.popen is not None:
            kill_group(process.popen.pid)
            code = process.popen.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        pause_s = process.plan_restart()
        self.say(f"The {process.name} ended ({how}); restarting in {pause_s:.0f} s.")


def kill_group(group: int) -> None:
    """End every process of a group at once, if any is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def end_leftovers(ledger: Path) -> int:
    """Kill the groups that a killed supervisor left; return how many.

    A number alone could by now belong to a stranger, so a group is only killed if
    one of its processes still bears the mark that was written down with it.
    """
    try:
        rows = json.loads(ledger.read_text(encoding="utf-8"))
        listing = subprocess.run(
            ["ps", "-A", "-o", "pgid=,command="],  # noqa: S607 - wherever it is
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0
    alive = [line.strip().partition(" ") for line in listing.splitlines()]
    ended = 0
    for row in rows:
        marked = any(
            group == str(row["group"]) and row["mark"] in command
            for group, _, command in alive
        )
        if marked:
            kill_group(row["group"])
            ended += 1
    ledger.unlink(missing_ok=True)
    return ended
