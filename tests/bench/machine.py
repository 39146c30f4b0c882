"""What the figures were measured on: nothing is assumed, all of it is asked."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from django.db import connection

PACKAGES = ("django", "ortools", "numba", "numpy", "celery", "psycopg")


def machine() -> str:
    """Return processor, cores, memory and system in one line."""
    return (
        f"{_processor()}, {_cores()} cores, {_memory_gb():.0f} GB, "
        f"{platform.system()} {platform.release()}"
    )


def versions() -> str:
    """Return the versions of Python, the libraries and the database in one line."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}, {_database()}"


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def _cores() -> int:
    """Return the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float:
    """Return the machine's memory in GB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _database() -> str:
    """Return the database's kind and version."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]}"
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"
