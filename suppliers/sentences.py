"""What the ledger says to people: one plain sentence for each thing that happened.

Pages say it in the reader's language; the journal keeps English.
"""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from journal.wording import JOINT, column_date, grouped
from suppliers.ledger import Promise
from suppliers.models import CommitRevision, PurchaseOrderLine

SPELLED_OUT = 3
"""More deliveries than this are summed up."""


def line_name(line: PurchaseOrderLine) -> str:
    """Name a line as people do, for the journal: "4500-7731 line 20"."""
    return f"{line.purchase_order.number} line {line.number}"


def line_words(line: PurchaseOrderLine) -> str:
    """Name a line in the reader's language."""
    return numbered(line.purchase_order.number, line.number)


def numbered(order: str, line: int) -> str:
    """Name a line by its two numbers, in the reader's language."""
    return _("%(order)s line %(number)s") % {"order": order, "number": line}


def pieces(number: int) -> str:
    """Word a count of pieces: "90 pieces"."""
    return _joined(ngettext("%(number)s piece", "%(number)s pieces", number), number)


def lines(number: int) -> str:
    """Word a count of lines: "4 lines"."""
    return _joined(ngettext("%(number)s line", "%(number)s lines", number), number)


def racks(number: int) -> str:
    """Word a count of racks: "6 racks"."""
    return _joined(ngettext("%(number)s rack", "%(number)s racks", number), number)


def days(number: int) -> str:
    """Word a count of days: "3 days"."""
    return _joined(ngettext("%(number)s day", "%(number)s days", number), number)


def deliveries(number: int) -> str:
    """Word a count of deliveries: "4 deliveries"."""
    return _joined(
        ngettext("%(number)s delivery", "%(number)s deliveries", number), number
    )


def _joined(words: str, number: int) -> str:
    """Put a number into its words, never to part from its noun."""
    return (words % {"number": grouped(number)}).replace(" ", JOINT)


def promise_words(promise: Promise, today: date) -> str:
    """Word a promise: "87 on 3 Dec, 87 on 9 Dec"; many dates are summed up."""
    if len(promise) <= SPELLED_OUT:
        return ", ".join(
            _("%(quantity)s on %(day)s")
            % {
                "quantity": grouped(delivery.quantity),
                "day": column_date(delivery.on, today),
            }
            for delivery in promise
        )
    return _("%(quantity)s in %(deliveries)s, %(first)s to %(last)s") % {
        "quantity": grouped(sum(delivery.quantity for delivery in promise)),
        "deliveries": deliveries(len(promise)),
        "first": column_date(promise[0].on, today),
        "last": column_date(promise[-1].on, today),
    }


def answer_words(
    line: PurchaseOrderLine,
    revision: CommitRevision,
    now_said: Promise,
    was_said: Promise,
    today: date,
) -> str:
    """Say in one English sentence what an answer changed, for the journal.

    Args:
        line: With order, supplier and part loaded.
        revision: The answer.
        now_said: What is promised by it; empty if nothing is.
        was_said: What stood until then; empty if nothing stood.
        today: At the receiving site; decides whether a year is spelled out.
    """
    with override("en"):
        return _answer_words(line, revision, now_said, was_said, today)


def _answer_words(
    line: PurchaseOrderLine,
    revision: CommitRevision,
    now_said: Promise,
    was_said: Promise,
    today: date,
) -> str:
    """Say what an answer changed, in the language that is active."""
    kinds = CommitRevision.Kind
    name = f"{line_name(line)}, {line.part.code}"
    now_words, was_words = (
        promise_words(now_said, today),
        promise_words(was_said, today),
    )
    match revision.kind:
        case kinds.DECOMMIT:
            said = f"withdraws {was_words}"
        case kinds.REJECT:
            said = "rejects the line"
        case kinds.CANNOT_SAY:
            by = column_date(revision.word_by, today)
            said = f"cannot say yet, next word by {by}"
        case kinds.UNDO:
            said = f"takes the last answer back, {now_words or 'nothing'} is promised"
        case _:
            instead = f" instead of {was_words}" if was_said else ""
            said = f"promises {now_words}{_in_place(revision)}{instead}"
    reason = f" ({revision.get_reason_code_display()})" if revision.reason_code else ""
    return f"{name}: {line.purchase_order.supplier.name} {said}{reason}"


def requested_words(line: PurchaseOrderLine, today: date) -> str:
    """Say what is asked for: "60 by 14 Dec"."""
    return f"{grouped(line.outstanding)} by {column_date(line.need_by, today)}"


def _in_place(revision: CommitRevision) -> str:
    """Name the part that comes in place of the one ordered, if one does."""
    return f" of {revision.substitute.code}" if revision.substitute else ""
