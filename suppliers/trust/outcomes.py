"""What became of every promise said about a line: what arrivals are learnt from."""

from collections.abc import Iterator
from datetime import date
from itertools import accumulate, zip_longest

from suppliers.arrivals import Outcome
from suppliers.trust.facts import Cause, Line


def outcomes_of(line: Line, *, supplier: str, part: str) -> Iterator[Outcome]:
    """Yield each tranche ever promised with the day its pieces had come.

    A promise counts also after the supplier moved it: moving the day does not make the
    first word better. One that the buyer moved does not count, nor does a cancelled
    line.
    """
    if line.is_cancelled:
        return
    for said, after in zip_longest(line.said, line.said[1:]):
        if after is not None and after.cause == Cause.BUYER:
            continue
        due = accumulate((row.quantity for row in said.promise), initial=said.received)
        for row, pieces in zip(said.promise, [*due][1:], strict=True):
            yield Outcome(
                supplier=supplier,
                part=part,
                promised=row.on,
                arrived=_came_by(line, pieces),
            )


def _came_by(line: Line, pieces: int) -> date | None:
    """Return the day by which so many pieces of a line had come."""
    sums = accumulate(row.quantity for row in line.came)
    for row, had in zip(line.came, sums, strict=True):
        if had >= pieces:
            return row.on
    return None
