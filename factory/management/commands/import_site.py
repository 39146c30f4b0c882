"""``manage.py import_site``: a first real site, from a workbook."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factory.errors import WorkbookRefusedError
from factory.services.workbook import Outcome, import_workbook
from factory.workbook.template import write_template


class Command(BaseCommand):
    """Import a site from a workbook, or write the workbook to fill in."""

    help = "Import a site from an .xlsx workbook: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the workbook, or where to write the template."""
        parser.add_argument("workbook", nargs="?", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="Judge everything, keep nothing."
        )
        parser.add_argument(
            "--template", type=Path, help="Write the workbook to fill in to this file."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the template, or import."""
        path: Path | None = options["workbook"]
        if (path is None) == (options["template"] is None):
            message = "Name a workbook to import, or --template and a file to write."
            raise CommandError(message)
        if path is None:
            write_template(options["template"])
            self.stdout.write(f"Fill in {options['template']}, then import it.")
            return
        try:
            outcome = import_workbook(
                path=path, actor="system", is_dry_run=options["dry_run"]
            )
        except WorkbookRefusedError as error:
            for finding in error.findings:
                self.stderr.write(finding)
            raise CommandError(str(error)) from error
        self.stdout.write(said(outcome, is_dry_run=options["dry_run"]))


def said(outcome: Outcome, *, is_dry_run: bool) -> str:
    """Say what an import did, sheet by sheet."""
    lines = [
        f"{sheet}: {outcome.made.get(sheet, 0):,} made, "
        f"{outcome.changed.get(sheet, 0):,} changed"
        for sheet in outcome.made | outcome.changed
    ]
    if not lines:
        lines = [f"{outcome.rows:,} rows read; all of them are as they were."]
    end = "A dry run: nothing was kept." if is_dry_run else "Kept."
    return "\n".join([*lines, end])
