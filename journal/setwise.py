"""Many rows written by one statement, each with values of its own.

Django's ``bulk_update`` builds an expression and ``bulk_create`` a parameter for every
value; for thousands of rows that costs several times what the database does with them.
Here the rows are one JSON document that the database reads.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router

BATCH = 2_000
"""Rows of one statement."""


def update_rows(
    rows: Sequence[models.Model], fields: Sequence[str], *, batch_size: int = BATCH
) -> int:
    """Write some columns of saved rows of one model; return how many were found.

    One UPDATE a batch. As with ``bulk_update`` nothing is locked, only the table's own
    constraints look at the values, and no ``save`` is called.

    Args:
        rows: All of one model, each once, with their new values.
        fields: Names of columns to write, at least one; keys of other rows as
            ``part`` or ``part_id``.
        batch_size: Most rows of one statement; at least 1.
    """
    if not rows:
        return 0
    meta = rows[0]._meta  # noqa: SLF001 - Django's documented door
    written = [meta.get_field(name) for name in fields]
    door = _Door(type(rows[0]), [meta.pk, *written])
    return sum(
        door.update(rows[first : first + batch_size])
        for first in range(0, len(rows), batch_size)
    )


def insert_rows(rows: Sequence[models.Model], *, batch_size: int = BATCH) -> None:
    """Append new rows of one model, whose keys nobody needs to know.

    One INSERT a batch. As with ``bulk_create`` no ``save`` is called.

    Args:
        rows: All of one model, unsaved; their keys stay empty.
        batch_size: Most rows of one statement; at least 1.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001 - Django's documented door
    columns = [one for one in meta.concrete_fields if not one.primary_key]
    door = _Door(type(rows[0]), columns)
    for first in range(0, len(rows), batch_size):
        door.insert(rows[first : first + batch_size])


class _Door:
    """Some columns of one table, and the connection to it.

    All SQL is made of names of ours; every value is in the one parameter.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[Any]) -> None:
        """Name the table and its columns."""
        self.connection = connections[router.db_for_write(model)]
        quote = self.connection.ops.quote_name
        self.table = quote(model._meta.db_table)  # noqa: SLF001
        self.columns = columns
        self.names = [quote(column.column) for column in columns]

    def update(self, rows: Sequence[models.Model]) -> int:
        """Write a batch; the first column finds the row."""
        key, *names = self.names
        targets = ", ".join(f"{name} = given.{name}" for name in names)
        return self._send(
            f"UPDATE {self.table} SET {targets} FROM {self._given} "  # noqa: S608
            f"WHERE {self.table}.{key} = given.{key}",
            self._document(rows, is_new=False),
        )

    def insert(self, rows: Sequence[models.Model]) -> None:
        """Append a batch."""
        names = ", ".join(self.names)
        self._send(
            f"INSERT INTO {self.table} ({names}) SELECT {names} FROM {self._given}",  # noqa: S608
            self._document(rows, is_new=True),
        )

    @property
    def _given(self) -> str:
        """Return the table that the database makes of a document of rows."""
        named = list(zip(self.names, self.columns, strict=True))
        if self.connection.vendor == "postgresql":
            typed = [f"{name} {one.db_type(self.connection)}" for name, one in named]
            return f"json_to_recordset(%s) AS given({', '.join(typed)})"
        read = [
            f"json_extract(value, '$.{one.column}') AS {name}" for name, one in named
        ]
        return f"(SELECT {', '.join(read)} FROM json_each(%s)) AS given"  # noqa: S608

    def _document(self, rows: Sequence[models.Model], *, is_new: bool) -> str:
        """Return a batch as JSON; the texts are those the database's driver sends."""
        return json.dumps(
            [
                {
                    one.column: self._value(one, one.pre_save(row, is_new))
                    for one in self.columns
                }
                for row in rows
            ],
            default=str,
        )

    def _value(self, column: Any, value: Any) -> Any:  # noqa: ANN401 - of any column
        """Return what a column keeps; on PostgreSQL a document is no text."""
        is_document = isinstance(column, models.JSONField)
        if is_document and self.connection.vendor == "postgresql":
            return value
        return column.get_db_prep_save(value, self.connection)

    def _send(self, statement: str, document: str) -> int:
        """Execute a statement; return how many rows it wrote."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, [document])
            return int(cursor.rowcount)
