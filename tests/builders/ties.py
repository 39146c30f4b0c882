"""Rows that a query does not tell apart, in an order of chance."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.models.expressions import OrderBy
from django.db.models.functions import Random
from django.db.models.sql.compiler import SQLCompiler


@contextmanager
def shuffled_ties() -> Iterator[None]:
    """Let the database answer ties, and rows without an order, as it happens to.

    It may do so on any day; here it does so each time, but for aggregates and for
    queries that allow no more columns in their order.
    """
    ordered = SQLCompiler.get_order_by

    def shuffled(compiler: Any) -> list[Any]:
        found = ordered(compiler)
        query = compiler.query
        has_no_room = query.distinct or query.combinator or query.subquery
        if has_no_room or query.group_by is not None or not _reads_rows(query):
            return found
        chance = OrderBy(Random())
        sql, params = compiler.compile(chance)
        return [*found, (chance, (sql, params, False))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLCompiler, "get_order_by", shuffled)
        yield


def _reads_rows(query: Any) -> bool:
    """Say whether a query reads columns, and not only whether there is a row."""
    return bool(query.select or query.default_cols)
