"""Contesting what is counted: a supplier says why, the buyer answers once.

Neither is ever changed. An upheld case is excluded from the numbers and says so.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from journal.services import record
from suppliers.errors import SuppliersError
from suppliers.models import (
    Dispute,
    DisputeAnswer,
    PurchaseOrderLine,
    RequestChange,
)
from suppliers.sentences import line_name
from suppliers.services.author import Author
from suppliers.services.checks import NOTE_MAX

Measure = Dispute.Measure


class DisputeRefusedError(SuppliersError):
    """Say which field of a dispute or its answer cannot be.

    Attributes:
        field: ``measure`` or ``note``.
    """

    code = "dispute_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What can be disputed: a line's part in one measure, or one change of it."""

    line: PurchaseOrderLine
    measure: Measure
    change: RequestChange | None = None


@transaction.atomic
def dispute(*, case: Case, note: str, author: Author, now: datetime) -> Dispute:
    """Contest a case. It counts until the buyer upholds the dispute.

    Args:
        case: With order, supplier and part of the line loaded.
        note: Why, 1 to 300 characters.
        author: Who contests it.
        now: The moment, aware.

    Raises:
        DisputeRefusedError: If the note cannot be kept or the case is disputed already.
    """
    words = _checked(note)
    name = line_name(case.line)
    try:
        with transaction.atomic():
            row = Dispute.objects.create(
                line=case.line,
                measure=case.measure,
                change=case.change,
                note=words,
                by_id=author.user_id,
                actor=author.actor,
                made_at=now,
            )
    except IntegrityError:
        raise DisputeRefusedError(
            "measure",
            _("%(line)s: %(measure)s is disputed already.")
            % {"line": name, "measure": case.measure.label},
        ) from None
    supplier = case.line.purchase_order.supplier
    with override("en"):
        measure = case.measure.label.lower()
    record(
        kind="dispute.opened",
        about=row,
        actor=author.actor,
        scope=supplier.scope,
        request_id=author.request_id,
        summary=f"{name}: {supplier.name} disputes {measure}",
        after={"measure": case.measure.value, "note": words},
    )
    return row


@transaction.atomic
def answer(
    *, row: Dispute, is_upheld: bool, note: str, author: Author, now: datetime
) -> DisputeAnswer:
    """Answer a dispute, once and for good.

    Args:
        row: With its line's order and supplier loaded.
        is_upheld: Whether the case is excluded from now on.
        note: Why, 1 to 300 characters.
        author: Who answers for the buyer.
        now: The moment, aware.

    Raises:
        DisputeRefusedError: If the note cannot be kept or the dispute is answered.
    """
    words = _checked(note)
    name = line_name(row.line)
    try:
        with transaction.atomic():
            given = DisputeAnswer.objects.create(
                dispute=row,
                is_upheld=is_upheld,
                note=words,
                by_id=author.user_id,
                actor=author.actor,
                made_at=now,
            )
    except IntegrityError:
        raise DisputeRefusedError(
            "measure", f"{name}: this dispute is answered already."
        ) from None
    decision = "upheld, the case is excluded" if is_upheld else "not upheld"
    record(
        kind="dispute.answered",
        about=row,
        actor=author.actor,
        scope=row.line.purchase_order.supplier.scope,
        request_id=author.request_id,
        summary=f"{name}: dispute of {row.get_measure_display().lower()} {decision}",
        after={"is_upheld": is_upheld, "note": words},
    )
    return given


def _checked(note: str) -> str:
    """Return a note that can be kept."""
    words = note.strip()
    if not words or len(words) > NOTE_MAX or "\x00" in words:
        raise DisputeRefusedError(
            "note",
            _(
                "Say why, in plain text of 1 to %(limit)s characters; %(given)s are "
                "given."
            )
            % {"limit": NOTE_MAX, "given": len(words)},
        )
    return words
