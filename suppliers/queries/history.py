"""The whole ledger of one commitment: every revision, who, when, why, and the river."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from suppliers.ledger import Delivery, Promise
from suppliers.models import Commitment, CommitRevision, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One revision, as a page shows it.

    Attributes:
        revision: With its user.
        promise: What it promised; empty for the others.
        is_taken_back: Whether an undo followed it.
    """

    revision: CommitRevision
    promise: Promise
    is_taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The ledger of one commitment.

    Attributes:
        sayings: Every revision, oldest first.
        receipts: What came, oldest first.
    """

    sayings: tuple[Saying, ...]
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiverPoint:
    """A promise in the river: said on one day, for another.

    Attributes:
        said_on: Date it was said, in the site's zone.
        days: Every dock date promised then, in order.
        by_buyer: Whether it followed the buyer's own change.
    """

    said_on: date
    days: tuple[date, ...]
    by_buyer: bool

    @property
    def promised(self) -> date:
        """Return the last dock date promised then."""
        return self.days[-1]


def with_everything(rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Join what a page about one commitment shows; at most one row each."""
    return rows.select_related(
        "line__purchase_order__supplier",
        "line__purchase_order__site",
        "line__part",
        "line__need",
        "original",
        "current__substitute",
    )


def history(commitment: Commitment) -> History:
    """Return the ledger of a commitment. Three queries, however long it is."""
    revisions = list(
        commitment.revisions.select_related("by", "substitute")
        .prefetch_related("tranches")
        .order_by("number")
    )
    return History(
        sayings=tuple(sayings_of(revisions)),
        receipts=tuple(commitment.line.receipts.order_by("received_on", "pk")),
    )


def river(sayings: Iterable[Saying], *, zone: ZoneInfo) -> tuple[RiverPoint, ...]:
    """Return how the promise moved, from the ledger read already.

    Args:
        sayings: Of one commitment.
        zone: The site's, which decides on which date something was said.
    """
    return tuple(
        RiverPoint(
            said_on=_date(saying.revision.made_at, zone),
            days=tuple(delivery.on for delivery in saying.promise),
            by_buyer=saying.revision.cause == CommitRevision.Cause.BUYER,
        )
        for saying in sayings
        if saying.promise and not saying.is_taken_back
    )


def sayings_of(revisions: list[CommitRevision]) -> Iterable[Saying]:
    """Yield revisions with their promises, marking those an undo followed."""
    for revision, follower in zip_longest(revisions, revisions[1:]):
        yield Saying(
            revision=revision,
            promise=tuple(
                sorted(
                    Delivery(row.dock_date, row.quantity)
                    for row in revision.tranches.all()
                )
            ),
            is_taken_back=(
                follower is not None and follower.kind == CommitRevision.Kind.UNDO
            ),
        )


def _date(at: datetime, zone: ZoneInfo) -> date:
    """Return a moment's date in a zone."""
    return at.astimezone(zone).date()
