"""Keeping a workbook's lines: made where new, changed where different, else left."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Model

from factory.models import Site
from factory.workbook.read import Findings, Line
from journal.telling import Did

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a row."""

    row: Any
    did: Did
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(slots=True)
class Keeper:
    """Writes lines; knows the rows that lines refer to.

    Attributes:
        findings: Where refusals of the database are noted.
        actor: Who imports, for the journal.
        made: Rows made, by sheet.
        changed: Rows changed, by sheet.
        kept_site: The site, once its line is kept.
        done: What was done to which row, in order, with what was before and is now.
    """

    findings: Findings
    actor: str
    made: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    kept_site: Site | None = None
    done: list[Deed] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """Return the workbook's site.

        Raises:
            Site.DoesNotExist: If its line was refused.
        """
        if self.kept_site is None:
            raise Site.DoesNotExist
        return self.kept_site

    def put(
        self, line: Line, model: type[Row], key: dict[str, Any], values: dict[str, Any]
    ) -> Row | None:
        """Make the row with a key, or change what differs; None if it is refused.

        Values of None are cells that were left empty: a new row takes its default, an
        old one keeps what it has.
        """
        given = {name: value for name, value in values.items() if value is not None}
        row = model._default_manager.filter(**key).first()  # noqa: SLF001
        did, count, before = Did.CHANGED, self.changed, {}
        if row is None:
            did, count = Did.CREATED, self.made
            row = model(**key, **given)
        else:
            before = {
                name: old
                for name, value in given.items()
                if (old := getattr(row, name)) != value
            }
            if not before:
                return row
            for name in before:
                setattr(row, name, given[name])
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            self.refuse(line, error)
            return None
        count[line.sheet] += 1
        self.note(row, did, before=before or None, after=key | given)
        return row

    def note(
        self,
        row: Model,
        did: Did,
        *,
        before: dict[str, Any] | None,
        after: dict[str, Any],
    ) -> None:
        """Remember what was done to a row; of a changed one what differs."""
        if before is not None:
            after = {name: after[name] for name in before}
        self.done.append(Deed(row, did, before, after))

    def refuse(self, line: Line, error: IntegrityError) -> None:
        """Note what the database refuses, by the rule's name where it gives one."""
        self.findings.add(f"{line.sheet} row {line.number}: {_rule_of(error)}.")

    def moment(self, given: datetime) -> datetime:
        """Return a moment of the sheet as one at the site."""
        return given.replace(tzinfo=ZoneInfo(self.site.zone))


def _rule_of(error: IntegrityError) -> str:
    """Return a predicate about a broken rule, from what the database says."""
    said = str(error)
    for model in apps.get_app_config("factory").get_models():
        for constraint in model._meta.constraints:  # noqa: SLF001 - documented door
            if constraint.name in said:
                return f"breaks the rule {constraint.name.replace('_', ' ')}"
    return "contradicts another row"
