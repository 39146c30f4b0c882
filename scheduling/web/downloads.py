"""Downloads: rows as CSV or workbook, and the table of a page as it is shown."""

import json
from collections.abc import Iterable, Sequence

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from factory.access import STAFF, allow
from journal.export import XLSX_TYPE, csv_answer, xlsx_bytes
from journal.workbook import Value

KINDS = ("csv", "xlsx")
MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 20_000, 100, 2_000


def table_answer(
    kind: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]
) -> HttpResponse:
    """Return a table as a file to download.

    Args:
        kind: ``csv`` or ``xlsx``.
        name: Of the file, without its ending.
        head: Names of the columns.
        rows: Cells.

    Raises:
        Http404: If the kind is another.
    """
    if kind not in KINDS:
        raise Http404
    if kind == "csv":
        return csv_answer(name, head, rows)
    return HttpResponse(
        xlsx_bytes([head, *rows], title=name[:31]),
        content_type=XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


@allow(*STAFF, writers=STAFF)
@require_POST
def download_table(request: HttpRequest, kind: str) -> HttpResponse:
    """Return a table that a page shows as a file; sent as JSON in ``table``.

    ``{"name": ..., "rows": [[...], ...]}``, the heading first. Nothing is stored.
    """
    rows = _shown(request.POST.get("table", ""))
    if not rows:
        return HttpResponseBadRequest("There is no table in this request.")
    name = slugify(request.POST.get("name", ""))[:60] or "table"
    return table_answer(kind, name, rows[0], rows[1:])


def _shown(text: str) -> list[list[str]]:
    """Return the rows of a table as sent; empty if it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(data, list) or not 0 < len(data) <= MOST_ROWS:
        return []
    found = []
    for row in data:
        if not isinstance(row, list) or not 0 < len(row) <= MOST_COLUMNS:
            return []
        found.append([str(cell)[:MOST_LETTERS] for cell in row])
    return found
