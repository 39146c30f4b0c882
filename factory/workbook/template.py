"""An empty workbook to start from: every sheet with its columns, and a small example.

The example is a site of two bays that can be imported as it stands, so that a first try
shows what a good workbook looks like.
"""

from pathlib import Path
from typing import Any

from factory.workbook import layout
from factory.workbook.layout import SHEETS
from factory.workbook.read import NOTES_SHEET
from journal.export import defused
from journal.workbook import Sheet, Value, workbook_bytes

WIDEST = 60
NARROWEST = 12

_BAY = {"power_class": "non_preemptive", "place": "bay", "skill": "test"}

EXAMPLE: dict[str, list[dict[str, Any]]] = {
    "site": [
        {
            "code": "example",
            "name": "Example",
            "zone": "America/Monterrey",
            "contracted_import_kw": 1_000,
            "base_load_day_kw": 200,
            "base_load_night_kw": 150,
            "power_owner": "Who owns the limit",
        }
    ],
    "power_nodes": [
        {"code": "GRID", "kind": "feed", "limit_kw": 1_000},
        {"code": "A", "kind": "hall", "parent": "GRID", "limit_kw": 400},
        {"code": "A1", "kind": "busway", "parent": "A", "limit_kw": 300},
    ],
    "cooling_loops": [{"code": "A", "name": "Cooling A", "limit_kw": 400}],
    "rack_models": [{"code": "M1", "name": "Model 1", "liquid_percent": 95}],
    "bays": [
        {"code": "A01", "node": "A1", "loop": "A", "limit_kw": 150, "models": "M1"},
        {"code": "A02", "node": "A1", "loop": "A", "limit_kw": 150, "models": "M1"},
    ],
    "work_centres": [
        {"place": "kitting", "name": "Kitting lanes", "count": 2},
        {"place": "station", "name": "Assembly stations", "count": 4},
        {"place": "cart", "name": "Fill carts", "count": 1},
    ],
    "calendars": [
        {"code": "day", "name": "Two shifts on five days"},
        {"code": "always", "name": "Around the clock"},
    ],
    "shifts": [
        *(
            {
                "calendar": "day",
                "name": name,
                "weekday": weekday,
                "start": start,
                "end": end,
            }
            for weekday in ("Mon", "Tue", "Wed", "Thu", "Fri")
            for name, start, end in (
                ("Day", "06:00", "14:00"),
                ("Late", "14:00", "22:00"),
            )
        ),
        *(
            {
                "calendar": "always",
                "name": "All day",
                "weekday": weekday,
                "start": "00:00",
                "end": "24:00",
            }
            for weekday in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        ),
    ],
    "calendar_exceptions": [
        {
            "calendar": "day",
            "date": "2026-12-25",
            "is_open": "no",
            "reason": "Public holiday",
        }
    ],
    "crews": [
        {"skill": "assembly", "name": "Assembly crew", "people": 8, "calendar": "day"},
        {"skill": "test", "name": "Test crew", "people": 4, "calendar": "always"},
    ],
    "routing": [
        {
            "model": "M1",
            "op": 10,
            "code": "KIT",
            "name": "Kitting",
            "minutes": 240,
            "place": "kitting",
            "skill": "assembly",
            "people": 2,
            "power_class": "shift_bound",
        },
        {
            "model": "M1",
            "op": 20,
            "code": "BUILD",
            "name": "Assembly",
            "minutes": 960,
            "place": "station",
            "skill": "assembly",
            "people": 2,
            "power_class": "shift_bound",
        },
        {
            "model": "M1",
            "op": 30,
            "code": "FILL",
            "name": "Filling",
            "minutes": 240,
            "uses_cart": "yes",
            "people": 1,
            "draw_kw": 2,
            **_BAY,
        },
        {
            "model": "M1",
            "op": 40,
            "code": "SOAK",
            "name": "Soak",
            "minutes": 1_440,
            "people": 0.125,
            "draw_kw": 130,
            **_BAY,
            "power_class": "preemptive_deratable",
        },
    ],
    "lags": [
        {
            "model": "M1",
            "when": "before",
            "position": 1,
            "code": "ANSWER",
            "name": "Suppliers' answers",
            "minutes": 2_880,
            "is_physics": "no",
            "limit": "answer",
            "owner": "Who shortens it",
            "reason": "Suppliers take two days to answer.",
        }
    ],
    "parts": [
        {"code": "FRAME", "name": "Rack frame", "trace": "serial", "price_usd": 5_200},
        {"code": "RAIL", "name": "Rail", "trace": "lot"},
    ],
    "bom": [
        {"model": "M1", "part": "FRAME", "quantity": 1, "consumed_at": "BUILD"},
        {"model": "M1", "part": "RAIL", "parent": "FRAME", "quantity": 4},
    ],
    "customers": [{"code": "first", "name": "First customer", "transit_min": 1_440}],
    "orders": [
        {
            "number": "CO-1",
            "customer": "first",
            "model": "M1",
            "quantity": 2,
            "service_class": "firm",
            "received_at": "2026-11-02",
            "requested_date": "2026-12-11",
        }
    ],
    "stock": [
        {"part": "FRAME", "lot": "L-1", "quantity": 2, "received_at": "2026-11-16"}
    ],
}
"""One small site that can be built."""


def write_template(path: Path) -> None:
    """Write the template, replacing what is there."""
    books = [
        _dressed(NOTES_SHEET, _notes()),
        *(_dressed(sheet.name, _rows(sheet)) for sheet in SHEETS),
    ]
    Path(path).write_bytes(workbook_bytes(books, text=defused))


def _notes() -> list[list[Value]]:
    """Return what each column takes."""
    rows: list[list[Value]] = [["Sheet", "Column", "Needed", "Takes", "Found in"]]
    for sheet in SHEETS:
        rows.append([sheet.name, None, None, sheet.says, None])
        rows += [
            [
                None,
                column.name,
                "yes" if column.is_needed else None,
                column.kind.takes,
                ".".join(column.refers_to) if column.refers_to else None,
            ]
            for column in sheet.columns
        ]
    return rows


def _rows(sheet: layout.Sheet) -> list[list[Value]]:
    """Return the header and the example."""
    names = [column.name for column in sheet.columns]
    example = EXAMPLE.get(sheet.name, [])
    return [list(names), *([row.get(name) for name in names] for row in example)]


def _dressed(title: str, rows: list[list[Value]]) -> Sheet:
    """Return a sheet whose columns are wide enough."""
    longest = [
        max(len(str(cell or "")) for cell in column)
        for column in zip(*rows, strict=True)
    ]
    widths = [min(WIDEST, max(NARROWEST, one + 2)) for one in longest]
    return Sheet(title=title, rows=rows, widths=widths)
