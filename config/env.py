"""The environment: the one place where outside values become settings."""

from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# What the running system writes: the SQLite file, the bundled broker's data, logs.
VAR_DIR = Path(env.str("RACKLINE_VAR", default=str(BASE_DIR / "var")))


def database() -> dict[str, Any]:
    """Return Django's settings of the one database.

    SQLite in ``var/`` unless ``DATABASE_URL`` names another. PostgreSQL gets a pool
    of at most ``DATABASE_POOL_MAX`` connections a process (0: none) and limits in
    time, so that no request and no lock waits for ever.
    """
    url = env.str("DATABASE_URL", default="")
    parsed: dict[str, Any] = env.db_url_config(
        url or f"sqlite:///{VAR_DIR / 'rackline.sqlite3'}"
    )
    if parsed["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(parsed)
    return _postgresql(parsed)


def _sqlite(parsed: dict[str, Any]) -> dict[str, Any]:
    """Let readers and one writer work side by side, and writers queue.

    IMMEDIATE takes the write lock at BEGIN: a transaction that first reads and then
    writes would otherwise fail at once when another wrote in between.
    """
    Path(parsed["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    return {
        **parsed,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        },
    }


def _postgresql(parsed: dict[str, Any]) -> dict[str, Any]:
    """Bound every wait: 5 s to connect or lock, 30 s a statement, 60 s idle."""
    statement_timeout_ms = env.int("DATABASE_STATEMENT_TIMEOUT_MS", default=30_000)
    limits = {
        "statement_timeout": statement_timeout_ms,
        "lock_timeout": 5_000,
        "idle_in_transaction_session_timeout": 60_000,
    }
    options: dict[str, Any] = {
        **parsed.get("OPTIONS", {}),
        "connect_timeout": 5,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }
    pool_max = env.int("DATABASE_POOL_MAX", default=8)
    if pool_max:
        options["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": 10}
        return {**parsed, "OPTIONS": options}
    return {
        **parsed,
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def broker(visibility_timeout_s: int) -> tuple[str, dict[str, Any]]:
    """Return the Celery broker's URL and its transport options.

    ``REDIS_URL`` decides; ``make demo`` sets it to the bundled Valkey server or to
    one installed on the machine. Without it messages are files in ``var/``: slow,
    but the same code runs.
    """
    url = env.str("REDIS_URL", default="")
    if url:
        return url, {
            "visibility_timeout": visibility_timeout_s,
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
        }
    folder = VAR_DIR / "broker"
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return "filesystem://", {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }
