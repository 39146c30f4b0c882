"""The one global order of events, given by the dispatcher after they are committed.

A database sequence is taken at insert and a transaction may commit long after, so ids
are no order to read by: a reader that has seen 8 would never see 7. Numbers are given
here instead, under a lock, to what is committed; they rise by one without a gap.
"""

from django.db import connection, transaction

from journal.models import Event

SEQUENCING_LOCK = 7_226_101
"""Key of the PostgreSQL advisory lock; any number no other lock uses."""

_NUMBER_THE_OLDEST = """
UPDATE journal_event SET seq = numbered.seq
FROM (
  SELECT id, (SELECT COALESCE(MAX(seq), 0) FROM journal_event)
             + ROW_NUMBER() OVER (ORDER BY id) AS seq
  FROM journal_event WHERE seq IS NULL ORDER BY id LIMIT %s
) AS numbered
WHERE journal_event.id = numbered.id
"""


def sequence(limit: int) -> int:
    """Number the oldest committed events that have no number yet.

    Looks without a lock first, so that a quiet journal costs one indexed read.

    Args:
        limit: Most events to number in one transaction; at least 1.

    Returns:
        How many were numbered; ``limit`` means that there may be more.

    Raises:
        OperationalError: If the lock is not had within the database's lock timeout.
    """
    if not Event.objects.filter(seq__isnull=True).exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        # SQLite needs no lock of its own: BEGIN IMMEDIATE lets one writer in.
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCING_LOCK])
        cursor.execute(_NUMBER_THE_OLDEST, [limit])
        numbered: int = cursor.rowcount
    return numbered
