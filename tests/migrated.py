"""The migrated database of an earlier run, to begin the next one with.

On SQLite a test process begins with a copy of it instead of migrating for some twenty
seconds. It is found by a digest of all that makes it: another migration, another file.
"""

import hashlib
import os
import shutil
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".pytest_cache"
MADE_BY = (
    "*/migrations/*.py",
    "factory/guards.py",
    "journal/append_only.py",
    "requirements.txt",
)
"""Patterns of the files that decide what a migrated database looks like."""


def restore() -> bool:
    """Put the kept database where tests look for theirs; return whether it is there."""
    if connection.vendor != "sqlite" or not _kept().exists():
        return False
    shutil.copyfile(_kept(), connection.settings_dict["TEST"]["NAME"])
    return True


def keep() -> None:
    """Keep the database that was just migrated, in place of those of other digests."""
    if connection.vendor != "sqlite" or _kept().exists():
        return
    KEPT.mkdir(exist_ok=True)
    for old in KEPT.glob("migrated-*.sqlite3"):
        old.unlink(missing_ok=True)
    # Another process may be at it too: the file appears whole or not at all.
    own = KEPT / f"{os.getpid()}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(own)])
    own.replace(_kept())


def _kept() -> Path:
    digest = hashlib.sha256()
    for pattern in MADE_BY:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return KEPT / f"migrated-{digest.hexdigest()[:16]}.sqlite3"
