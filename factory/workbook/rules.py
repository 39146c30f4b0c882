"""What must agree between a workbook's rows, and with what the site has already."""

from collections.abc import Iterator

from factory.boms import line_faults
from factory.models import (
    Calendar,
    CoolingLoop,
    Crew,
    Customer,
    Part,
    PowerNode,
    RackModel,
    RoutingStep,
    Site,
)
from factory.workbook.layout import SHEETS
from factory.workbook.read import Book, Findings, Line

FEED = PowerNode.Kind.FEED


def check(book: Book, findings: Findings) -> None:
    """Note every row that refers to nothing, or contradicts itself. About 8 queries."""
    if len(book["site"]) != 1:
        findings.add(f"site has {len(book['site'])} rows; one is needed.")
    known = _known(book)
    for sheet in SHEETS:
        referring = [column for column in sheet.columns if column.refers_to]
        for line in book[sheet.name]:
            for column in referring:
                target, _ = column.refers_to or ("", "")
                for code in _codes(line, column.name):
                    if code not in known[target]:
                        findings.at(
                            sheet.name,
                            line.number,
                            column.name,
                            f"is {code}; sheet {target} has no such row",
                        )
    for sentence in (*_power_nodes(book), *_bom(book), *_fences(book)):
        findings.add(sentence)


def _codes(line: Line, name: str) -> tuple[str, ...]:
    """Return the codes in a cell; none if it is empty."""
    value = line.values.get(name, ())
    return value if isinstance(value, tuple) else (str(value),)


def _known(book: Book) -> dict[str, set[str]]:
    """Return the codes each sheet may be referred to by: its own and the site's."""
    site = Site.objects.filter(
        code__in=[str(line.values.get("code")) for line in book["site"]]
    ).first()
    kept = {
        "power_nodes": PowerNode.objects.filter(site=site).values_list("code"),
        "cooling_loops": CoolingLoop.objects.filter(site=site).values_list("code"),
        "calendars": Calendar.objects.filter(site=site).values_list("code"),
        "crews": Crew.objects.filter(site=site).values_list("skill"),
        "rack_models": RackModel.objects.values_list("code"),
        "parts": Part.objects.values_list("code"),
        "customers": Customer.objects.values_list("code"),
    }
    found = {}
    for sheet, rows in kept.items():
        column = "skill" if sheet == "crews" else "code"
        given = {str(line.values.get(column)) for line in book[sheet]}
        found[sheet] = given | {str(code) for (code,) in rows}
    return found


def _power_nodes(book: Book) -> Iterator[str]:
    """Yield feeds with a parent, and other nodes without one."""
    for line in book["power_nodes"]:
        kind, parent = line.values.get("kind"), line.values.get("parent")
        where = f"power_nodes row {line.number}, parent"
        if kind == FEED and parent:
            yield f"{where}: a grid feed has no parent."
        elif kind and kind != FEED and not parent:
            yield f"{where}: is empty; only a grid feed has none."
        elif parent and parent == line.values.get("code"):
            yield f"{where}: a node is not its own parent."


def _bom(book: Book) -> Iterator[str]:
    """Yield BOM lines that are on rack level and in a part, or neither."""
    steps = {
        (str(one.values.get("model")), str(one.values.get("code")))
        for one in book["routing"]
    }
    steps |= {
        (model, code)
        for model, code in RoutingStep.objects.values_list("rack_model__code", "code")
    }
    for line in book["bom"]:
        model = str(line.values.get("model"))
        for column, words in line_faults(
            model=model,
            part=str(line.values.get("part", "")),
            parent=str(line.values.get("parent", "")),
            consumed_at=str(line.values.get("consumed_at", "")),
            steps={code for of, code in steps if of == model},
        ):
            yield f"bom row {line.number}, {column}: {words}."


def _fences(book: Book) -> Iterator[str]:
    """Yield a slushy fence before the frozen one."""
    for line in book["site"]:
        frozen = line.values.get("frozen_days", 7)
        slushy = line.values.get("slushy_days", 28)
        if isinstance(frozen, int) and isinstance(slushy, int) and slushy < frozen:
            yield (
                f"site row {line.number}, slushy_days: is {slushy}; at least "
                f"frozen_days, {frozen}, can be given."
            )
