"""Taking in a site's workbook: all of it or nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from factory.boms import line_facts
from factory.errors import WorkbookRefusedError
from factory.models import BomLine, RackModel, RoutingStep
from factory.validation import findings as findings_of
from factory.workbook.keeper import Deed, Keeper
from factory.workbook.read import Book, Findings, read_workbook
from factory.workbook.rules import check
from factory.workbook.writers import keep
from journal.models import Event
from journal.services import append_events, event_of, record
from journal.telling import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an import did, or would do.

    Attributes:
        made: Rows made, by sheet.
        changed: Rows changed, by sheet.
        rows: Rows read.
    """

    made: dict[str, int]
    changed: dict[str, int]
    rows: int


@transaction.atomic
def import_workbook(*, path: Path, actor: str, is_dry_run: bool = False) -> Outcome:
    """Read, judge and keep a workbook; a dry run does the same and keeps nothing.

    Args:
        path: An .xlsx file of the template's shape.
        actor: Who imports, for the journal.
        is_dry_run: Whether to undo everything at the end.

    Raises:
        WorkbookRefusedError: With every finding, by sheet, row and column; nothing is
            kept then.
    """
    findings = Findings()
    book = read_workbook(path, findings)
    check(book, findings)
    _refuse(findings)
    keeper = Keeper(findings, actor)
    keep(book, keeper)
    _refuse(findings)
    for finding in findings_of(keeper.site, _models_of(book)):
        findings.add(finding.sentence)
    _refuse(findings)
    if keeper.made or keeper.changed:
        append_events(_events(keeper))
        record(
            kind="site.imported",
            about=keeper.site,
            actor=actor,
            cause=_cause(keeper),
            scope=f"site:{keeper.site.pk}",
            summary=f"Workbook {path.name[:80]} imported",
            after={"made": dict(keeper.made), "changed": dict(keeper.changed)},
        )
    if is_dry_run:
        transaction.set_rollback(True)
    return Outcome(
        made=dict(keeper.made),
        changed=dict(keeper.changed),
        rows=sum(len(lines) for lines in book.values()),
    )


def _events(keeper: Keeper) -> list[Event]:
    """Return an event for each row made or changed; bills are told whole, one a model.

    What a push of an order did it has told itself.
    """
    events: list[Event] = []
    bills: dict[RackModel, list[Deed]] = defaultdict(list)
    for deed in keeper.done:
        if isinstance(deed.row, BomLine):
            bills[deed.row.rack_model].append(deed)
            continue
        events.append(
            told(
                deed.row,
                deed.did,
                actor=keeper.actor,
                cause=_cause(keeper),
                before=deed.before,
                after=deed.after,
            )
        )
    return events + [_bill(model, deeds, keeper) for model, deeds in bills.items()]


def _cause(keeper: Keeper) -> str:
    """Return what all of an import's events have in common."""
    return f"import:{keeper.site.code}"


def _bill(model: RackModel, deeds: Sequence[Deed], keeper: Keeper) -> Event:
    """Return the event about a bill, as a push of it would write it."""
    after = [line_facts(deed.row) for deed in deeds]
    before = [
        facts | {name: _code_of(value) for name, value in deed.before.items()}
        for facts, deed in zip(after, deeds, strict=True)
        if deed.before
    ]
    return event_of(
        kind="bom.changed",
        about=model,
        actor=keeper.actor,
        cause=_cause(keeper),
        summary=f"Bill of material of {model.code} changed",
        before={"lines": before},
        after={"lines": after},
    )


def _code_of(value: Any) -> Any:  # noqa: ANN401 - of a line's column
    """Return a step's code; any other value as it is."""
    return value.code if isinstance(value, RoutingStep) else value


def _refuse(findings: Findings) -> None:
    """Give up if there is anything to put right.

    Raises:
        WorkbookRefusedError: With the findings.
    """
    if findings.said:
        more = [f"and {findings.unsaid:,} more."] if findings.unsaid else []
        raise WorkbookRefusedError([*findings.said, *more])


def _models_of(book: Book) -> list[RackModel]:
    """Return the rack models a workbook speaks of."""
    codes = {str(line.values["code"]) for line in book["rack_models"]}
    codes |= {str(line.values["model"]) for line in book["orders"] + book["routing"]}
    return list(RackModel.objects.filter(code__in=codes).order_by("code"))
