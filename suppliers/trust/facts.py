"""What the formulas of trust look at: one line's whole history, without a database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suppliers.ledger import Kind, Promise
from suppliers.models import CommitRevision, Dispute

Cause = CommitRevision.Cause
Measure = Dispute.Measure

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the formulas count.

    Attributes:
        early_days: Pieces may come so many days before the score date.
        late_days: And so many after it.
        response_h: An answer within so many hours is in time.
        emergency_days: A change asked for so few days ahead is an emergency.
        warning_days: Told so many days ahead earns the whole credit.
        warning_credit: What a miss that was told ahead earns at most.
    """

    early_days: int = 5
    late_days: int = 0
    response_h: int = 48
    emergency_days: int = 7
    warning_days: int = 14
    warning_credit: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer that was not taken back.

    Attributes:
        at: When, aware.
        on: The same as a date at the receiving site.
        kind: What sort.
        promise: What was promised of the rest; empty for the kinds without a promise.
        cause: Whose doing.
        asked: Pieces asked for then.
        received: Pieces received then.
    """

    at: datetime
    on: date
    kind: Kind
    promise: Promise
    cause: Cause
    asked: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Pieces that reached the dock; ``held`` of them are held or were sent back."""

    on: date
    quantity: int
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the request by the buyer."""

    key: int
    at: datetime
    on: date
    quantity_before: int
    quantity_after: int
    need_by_before: date
    need_by_after: date
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One purchase-order line with all that happened to it, oldest first.

    Attributes:
        key: Primary key.
        commitment_key: Primary key of its commitment.
        name: As people call it.
        part: Code of the part.
        part_key: Its primary key.
        quantity: Pieces asked for now.
        need_by: Dock date asked for now.
        is_cancelled: By the buyer.
        ordered_at: When the order was placed, aware.
        ordered_on: The same as a date at the site.
        lead_days: Days this source takes at P50; 0 if unknown.
        said: Answers that were not taken back.
        came: Receipts.
        changes: Of the request.
        excluded: Cases whose dispute was upheld, by measure and key of a change (0
            where it is about the line).
        disputed: Cases with an open dispute, in the same way.
    """

    key: int
    commitment_key: int
    name: str
    part: str
    part_key: int
    quantity: int
    need_by: date
    is_cancelled: bool
    ordered_at: datetime
    ordered_on: date
    lead_days: int = 0
    said: tuple[Said, ...] = ()
    came: tuple[Came, ...] = ()
    changes: tuple[Change, ...] = ()
    excluded: frozenset[tuple[Measure, int]] = frozenset()
    disputed: frozenset[tuple[Measure, int]] = frozenset()

    @property
    def promises(self) -> tuple[Said, ...]:
        """Return the answers that promise something."""
        return tuple(said for said in self.said if said.promise)

    @property
    def first_need_by(self) -> date:
        """Return the dock date first asked for."""
        return self.changes[0].need_by_before if self.changes else self.need_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of one measure, with the evidence in a sentence.

    Attributes:
        measure: Of what.
        line: The line.
        change: Key of the buyer's change it is about; 0 if it is about the line.
        on: The day it belongs to.
        points: From 0 to 1.
        sentence: Why.
        is_excluded: An upheld dispute takes it out of the count.
        is_disputed: A dispute waits for the buyer's answer; the case counts.
        verb: What the buyer changed, for absorption.
    """

    measure: Measure
    line: Line
    on: date
    points: float
    sentence: str
    change: int = 0
    is_excluded: bool = False
    is_disputed: bool = False
    verb: str = ""


def case_of(
    measure: Measure,
    line: Line,
    *,
    on: date,
    points: float,
    sentence: str,
    change: int = 0,
    verb: str = "",
) -> Case:
    """Return a case, with what became of a dispute of it."""
    key = (measure, change)
    return Case(
        measure=measure,
        line=line,
        on=on,
        points=points,
        sentence=sentence,
        change=change,
        is_excluded=key in line.excluded,
        is_disputed=key in line.disputed,
        verb=verb,
    )
