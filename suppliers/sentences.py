"""What the ledger says to people: one plain sentence for each thing that happened."""

from datetime import date

from journal.wording import column_date, counted, grouped
from suppliers.ledger import Promise
from suppliers.models import CommitRevision, PurchaseOrderLine

SPELLED_OUT = 3
"""More deliveries than this are summed up."""


def line_name(line: PurchaseOrderLine) -> str:
    """Name a line as people do: "4500-7731 line 20"."""
    return f"{line.purchase_order.number} line {line.number}"


def promise_words(promise: Promise, today: date) -> str:
    """Word a promise: "87 on 3 Dec, 87 on 9 Dec"; many dates are summed up."""
    if len(promise) <= SPELLED_OUT:
        return ", ".join(
            f"{grouped(delivery.quantity)} on {column_date(delivery.on, today)}"
            for delivery in promise
        )
    pieces = sum(delivery.quantity for delivery in promise)
    first, last = promise[0].on, promise[-1].on
    return (
        f"{grouped(pieces)} in {counted(len(promise), 'delivery', 'deliveries')}, "
        f"{column_date(first, today)} to {column_date(last, today)}"
    )


def answer_words(
    line: PurchaseOrderLine,
    revision: CommitRevision,
    now_said: Promise,
    was_said: Promise,
    today: date,
) -> str:
    """Say in one sentence what an answer changed, for the journal.

    Args:
        line: With order, supplier and part loaded.
        revision: The answer.
        now_said: What is promised by it; empty if nothing is.
        was_said: What stood until then; empty if nothing stood.
        today: At the receiving site; decides whether a year is spelled out.
    """
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
            said = f"promises {now_words}{instead}"
    reason = f" ({revision.get_reason_code_display()})" if revision.reason_code else ""
    return f"{name}: {line.purchase_order.supplier.name} {said}{reason}"


def requested_words(line: PurchaseOrderLine, today: date) -> str:
    """Say what is asked for: "60 by 14 Dec"."""
    return f"{grouped(line.outstanding)} by {column_date(line.need_by, today)}"
