"""Taking in a site's workbook: all of it or nothing."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from factory.errors import WorkbookRefusedError
from factory.models import RackModel
from factory.validation import findings as findings_of
from factory.workbook.keeper import Keeper
from factory.workbook.read import Book, Findings, read_workbook
from factory.workbook.rules import check
from factory.workbook.writers import keep
from journal.services import record


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
        record(
            kind="site.imported",
            about=keeper.site,
            actor=actor,
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
