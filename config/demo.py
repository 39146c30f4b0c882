"""`make demo`: the whole system on this machine, from an empty folder to an address."""

import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from kombu.exceptions import OperationalError

from config import broker
from config.celery import app as celery_app
from config.env import BASE_DIR, VAR_DIR, env
from config.errors import (
    AlreadyRunningError,
    ConfigError,
    NoFreePortError,
    NotReadyError,
    StepFailedError,
    StoppedError,
)
from config.processes import Process, Supervisor, end_leftovers, kill_group

HOST = "127.0.0.1"
PORTS_TRIED = 100
READY_WAIT_S = 90.0
LOOK_EVERY_S = 0.25
PROBE_EVERY_S = 3.0
LOG_DIR = VAR_DIR / "log"

stop_asked = threading.Event()


def main() -> int:
    """Run the demo until Ctrl-C; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop_asked.set())
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with (VAR_DIR / "demo.lock").open("a+", encoding="utf-8") as lock:
            claim(lock)
            return serve(lock)
    except ConfigError as error:
        say(str(error))
        return 1


def serve(lock: IO[str]) -> int:
    """Start everything, tell the address, and keep it all up until asked to stop."""
    supervisor = Supervisor(VAR_DIR / "demo.processes", say)
    if left := end_leftovers(supervisor.ledger):
        say(f"Ended {left} processes that an earlier demo had left.")
    listener = listen(env.int("PORT", default=8000))
    lock.write(address_of(listener))
    lock.flush()
    try:
        start(supervisor, listener)
        keep_up(supervisor, listener)
    except StoppedError:
        pass
    finally:
        say("Stopping.")
        supervisor.stop()
        say("Everything is stopped; the data stays in " + shown(str(VAR_DIR)) + ".")
    return 0


def start(supervisor: Supervisor, listener: socket.socket) -> None:
    """Bring the system up in the order in which its parts need each other.

    The worker comes early: on its first start it compiles for about a minute, which
    may pass while the data is loaded. Nobody has to wait for it to see the pages. A
    second one, for questions, follows in ``keep_up`` and loads what is compiled then.
    """
    address = address_of(listener)
    origin = start_broker(supervisor)
    settle_environment(address)
    processes = service_processes(listener)
    supervisor.start(processes["worker"])
    log_ins = run_step("config.demo_data", "load")
    for name in ("web process", "dispatcher"):
        supervisor.start(processes[name])
    wait_for(supervisor, "the web process", lambda: bool(checks(listener)))
    wait_for(supervisor, "the dispatcher", lambda: is_dispatching(listener))
    run_step("config.demo_data", "optimize")
    say(
        f"\nRackline runs at {address}\n\n{log_ins}\n"
        f"Database: {database_in_words()}. Broker: {origin}. "
        f"Logs: {shown(str(LOG_DIR))}.\n"
        "Ctrl-C stops everything.\n"
    )


def keep_up(supervisor: Supervisor, listener: socket.socket) -> None:
    """Restart what ends or takes no runs, until somebody asks to stop."""
    has_answered = False
    waiting = [service_processes(listener)["second worker"]]
    look_at_s = 0.0
    while not stop_asked.wait(LOOK_EVERY_S):
        supervisor.watch()
        if time.monotonic() < look_at_s:
            continue
        look_at_s = time.monotonic() + PROBE_EVERY_S
        if not has_answered:
            has_answered = worker_answers()
            if has_answered:
                say("The worker is ready; runs that were asked for start now.")
                while waiting:
                    supervisor.start(waiting.pop())
                look_at_s = time.monotonic() + READY_WAIT_S
        elif checks(listener).get("worker", "ok") != "ok":
            say("The worker takes no runs.")
            supervisor.replace("worker")
            has_answered = False


def worker_answers() -> bool:
    """Tell whether a worker has done its preparations and listens."""
    try:
        return bool(celery_app.control.ping(timeout=1))
    except OperationalError:
        return False


def start_broker(supervisor: Supervisor) -> str:
    """Use ``REDIS_URL``, else a broker of our own; say in words which it is."""
    if os.environ.get("REDIS_URL"):
        return "REDIS_URL"
    prepared = broker.prepare(VAR_DIR / "broker", LOG_DIR / "broker.log")
    if prepared is None:
        return "files in " + shown(str(VAR_DIR / "broker"))
    supervisor.start(prepared.process)
    broker.wait_until_it_answers(prepared)
    os.environ["REDIS_URL"] = prepared.url
    return prepared.origin


def settle_environment(address: str) -> None:
    """Set what all our processes share: settings, address, a secret of this machine."""
    secret_file = VAR_DIR / "secret_key"
    if not secret_file.exists():
        secret_file.touch(mode=0o600)
        secret_file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    os.environ.setdefault("SECRET_KEY", secret_file.read_text(encoding="utf-8"))
    os.environ.setdefault("DEBUG", "0")
    os.environ.setdefault("PUBLIC_URL", address)
    os.environ.setdefault("RACKLINE_DEMO", "1")
    # Mails of a demo are files: nobody is written to, and their links can be tried.
    os.environ.setdefault("EMAIL_URL", f"filemail:///{VAR_DIR / 'mail'}")
    os.environ["PYTHONUNBUFFERED"] = "1"
    # Nothing is collected in the demo; WhiteNoise complains of a missing folder.
    (VAR_DIR / "static").mkdir(exist_ok=True)


def service_processes(listener: socket.socket) -> dict[str, Process]:
    """Return workers, web and dispatcher. The web process inherits the open socket."""
    socket_fd = listener.fileno()
    web = (
        f"-m gunicorn config.wsgi --bind fd://{socket_fd} --workers 2 --threads 4 "
        "--timeout 60 --graceful-timeout 4 --no-control-socket"
    )
    worker = (
        "-m celery -A config worker -Q {queues} -n {name}@%h --loglevel INFO "
        "--without-gossip --without-mingle --without-heartbeat"
    )
    commands = {
        "worker": worker.format(queues="solve", name="rackline"),
        "second worker": worker.format(queues="answer,default", name="answers"),
        "web process": web,
        "dispatcher": "manage.py dispatch",
    }
    return {
        name: Process(
            name=name,
            command=[sys.executable, *arguments.split()],
            mark=sys.executable,
            log=LOG_DIR / f"{name.removesuffix(' process').replace(' ', '-')}.log",
            env={**os.environ},
            pass_fds=(socket_fd,) if arguments == web else (),
        )
        for name, arguments in commands.items()
    }


def run_step(module: str, argument: str) -> str:
    """Run one short step to its end and return what it printed, a page at most.

    Raises:
        StoppedError: If Ctrl-C came meanwhile.
        StepFailedError: If it failed; its own words are on the terminal.
    """
    with subprocess.Popen(  # noqa: S603 - a command of our own
        [sys.executable, "-m", module, argument],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as step:
        while step.poll() is None:
            if stop_asked.wait(LOOK_EVERY_S):
                kill_group(step.pid)
                raise StoppedError
        printed = step.stdout.read() if step.stdout else ""
    if step.returncode:
        raise StepFailedError(argument)
    return printed


def wait_for(supervisor: Supervisor, what: str, is_ready: Callable[[], bool]) -> None:
    """Return once something is ready, restarting meanwhile what ends.

    Raises:
        StoppedError: If Ctrl-C came meanwhile.
        NotReadyError: If it is not ready within ``READY_WAIT_S`` seconds.
    """
    deadline_s = time.monotonic() + READY_WAIT_S
    while time.monotonic() < deadline_s:
        if is_ready():
            return
        supervisor.watch()
        if stop_asked.wait(LOOK_EVERY_S):
            raise StoppedError
    raise NotReadyError(what, READY_WAIT_S)


def is_dispatching(listener: socket.socket) -> bool:
    """Tell whether database, broker and dispatcher work together."""
    found = checks(listener)
    return all(found.get(part) == "ok" for part in ("database", "broker", "dispatcher"))


def checks(listener: socket.socket) -> dict[str, str]:
    """Return what ``/readyz`` says of each part; nothing if it does not answer."""
    port = listener.getsockname()[1]
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        body = connection.getresponse().read()
        found: dict[str, str] = json.loads(body)["checks"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return {}
    finally:
        connection.close()
    return found


def listen(first_port: int) -> socket.socket:
    """Listen on the first free port; kept open, so that nobody else can take it.

    Raises:
        NoFreePortError: If ``PORTS_TRIED`` ports in a row are taken.
    """
    for port in range(first_port, first_port + PORTS_TRIED):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise NoFreePortError(first_port, first_port + PORTS_TRIED - 1)


def claim(lock: IO[str]) -> None:
    """Make this the only demo on its data; the lock ends with the process.

    Raises:
        AlreadyRunningError: If another one runs; names its address.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise AlreadyRunningError(lock.read().strip()) from None
    lock.truncate(0)


def address_of(listener: socket.socket) -> str:
    """Return what to type into a browser."""
    return f"http://{HOST}:{listener.getsockname()[1]}/"


def database_in_words() -> str:
    """Return which database is in use, without its password."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return "SQLite, " + shown(str(VAR_DIR / "rackline.sqlite3"))
    return "DATABASE_URL (" + url.partition(":")[0] + ")"


def shown(path: str) -> str:
    """Shorten a path inside the project."""
    return path.removeprefix(f"{BASE_DIR}/")


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(sentence, flush=True)  # noqa: T201 - this is the demo's voice


if __name__ == "__main__":
    sys.exit(main())
