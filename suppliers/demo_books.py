"""What the demo's suppliers were asked for, said and delivered, line by line.

Most keep their day. One promise in eight changes: later, in parts, earlier, or not at
all any more. Lines the racks of the plan need are promised; the others show the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from factory.demo import DemoFactory
from factory.demo_data import PartNeed
from suppliers.demo_ledger import Asking, Book, Saying
from suppliers.demo_people import LOG_IN_PARTS, STORY_PART, Maker, makers_of
from suppliers.ledger import Delivery, Kind, Promise

STORY_RACKS = 6
"""Racks that lose their sensors in the demo's story."""
STORY_PIECES_A_RACK = 29
STORY_HOURS_AGO = 2

DAYS_A_LOT = 3
RACKS_A_LOT = 12
"""Needs of so many days, or for so many racks, are ordered as one line."""
HISTORY_DAYS = 91
HISTORY_LINES = (3, 6)
AHEAD_LINES = (1, 3)
AHEAD_DAYS = (16, 70)
CHANGED_SHARE = 0.12
BUYER_SHARE = 0.15
EARLY_SHARE = 0.25
SEEN_SHARE = 0.5
SILENT_SHARE = 0.12
CANNOT_SAY_SHARE = 0.06
REJECTED_SHARE = 0.01
AGAIN_SHARE = 0.25
SLIP_DAYS = 6
ASKED_BEFORE = timedelta(hours=1)
"""How long before the supplier follows a change of ours we have asked for it."""
ASKED_ANEW_SHARE = 0.2
ASKED_ANEW_DAYS = (-5, -3, 4, 7, 10)
"""Days by which the buyer moves a line: earlier, or later."""
NEEDED_SLIP_DAYS = 3
NEW_LINE_DAYS = 21
ROUND_UP_TO = 10
ANSWER_DAYS_MEDIAN = 0.69
"""Natural logarithm of a median of two days."""
ANSWER_DAYS_SPREAD = 0.7
CHANGES: dict[str, int] = {"push_out": 60, "split": 25, "pull_in": 10, "decommit": 5}
REASONS: dict[str, int] = {
    "capacity": 25,
    "tier2_material": 25,
    "yield": 15,
    "logistics": 15,
    "customs": 8,
    "quality_hold": 5,
    "labour": 4,
    "power_limit": 2,
    "data_error": 1,
}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What one maker is asked for.

    Attributes:
        maker: Who.
        quantity: Pieces.
        need_by: Dock date asked for.
        racks: Racks that need them; 0 if no rack of the plan does.
    """

    maker: Maker
    quantity: int
    need_by: date
    racks: int = 0


class Storyteller:
    """Draws what happened to each line, the same for the same seed."""

    def __init__(self, *, as_of: datetime, zone: ZoneInfo, seed: str) -> None:
        """Keep the demo's present, the site's zone and dice of one seed."""
        self.as_of = as_of
        self.zone = zone
        self.today = as_of.astimezone(zone).date()
        self.random = Random(seed)  # noqa: S311 - dice of a demo
        # Dice of its own, so that every other draw stays what it was without it.
        self.asking = Random(f"{seed}:asking")  # noqa: S311 - dice of a demo

    def needed(self, factory: DemoFactory, makers: Sequence[Maker]) -> Iterator[Book]:
        """Yield lines that cover what stock does not, promised by somebody each.

        The story part is ordered to the piece, and its first line is withdrawn: six
        racks are left without sensors.
        """
        by_part = makers_of(list(makers))
        for code, need in factory.needs.items():
            makes = by_part[code]
            lots = _lots(code, need, _pieces_a_rack(factory, code))
            for place, (day, pieces, racks) in enumerate(lots):
                if code == STORY_PART:
                    deal = Deal(
                        maker=makes[0], quantity=pieces, need_by=day, racks=racks
                    )
                    yield self._withdrawn(deal) if place == 0 else self._kept(deal)
                    continue
                deal = Deal(
                    maker=makes[place % len(makes)],
                    quantity=-(-pieces // ROUND_UP_TO) * ROUND_UP_TO,
                    need_by=day,
                    racks=racks,
                )
                yield self._open(deal)

    def others(self, makers: Sequence[Maker]) -> Iterator[Book]:
        """Yield history, and lines asked for further ahead than the plan looks."""
        for maker in makers:
            if maker.is_first and maker.part.code in LOG_IN_PARTS:
                yield from self._to_answer(maker)
            for _ in range(self.random.randint(*HISTORY_LINES)):
                yield self.past(maker, HISTORY_DAYS)
            for _ in range(self.random.randint(*AHEAD_LINES)):
                need_by = self.today + self.random.randint(*AHEAD_DAYS) * DAY
                yield self._ahead(
                    Deal(maker=maker, quantity=self._some(), need_by=need_by)
                )

    def _to_answer(self, maker: Maker) -> Iterator[Book]:
        """Yield what a log-in finds to do: a new line, and a word that is due."""
        for days, quantity in ((NEW_LINE_DAYS, 60), (30, 40)):
            need_by = self.today + days * DAY
            book = self._asked(Deal(maker=maker, quantity=quantity, need_by=need_by))
            book.ordered_at = self._moment(self.as_of - days * timedelta(hours=2))
            if days != NEW_LINE_DAYS:
                book.sayings.append(
                    Saying(
                        at=book.ordered_at + timedelta(hours=5),
                        kind=Kind.CANNOT_SAY,
                        word_by=self.today,
                    )
                )
            yield book

    def past(self, maker: Maker, days: int) -> Book:
        """Return a line whose day lies up to ``days`` back; late ones may be open."""
        need_by = self.today - self.random.randint(1, days) * DAY
        book = self._open(Deal(maker=maker, quantity=self._some(), need_by=need_by))
        self._ask_anew(book, maker)
        for delivery in book.sayings[-1].promise:
            on = self._arrival(maker, delivery.on)
            if on <= self.today:
                book.arrivals.append(Delivery(on, delivery.quantity))
        book.arrivals.sort()
        return book

    def _ask_anew(self, book: Book, maker: Maker) -> None:
        """Let the buyer ask for another day of some lines; most suppliers follow."""
        last = book.sayings[-1]
        if len(book.sayings) > 1 or self.asking.random() >= ASKED_ANEW_SHARE:
            return
        days = self.asking.choice(ASKED_ANEW_DAYS)
        ahead = self.asking.randint(2, 30) * DAY
        noon = datetime.combine(book.need_by - ahead, time(12), tzinfo=self.zone)
        at = self._moment(noon - max(0, -days) * DAY)
        if at <= last.at + DAY:
            return
        asking = Asking(
            at=at,
            need_by_before=book.need_by,
            need_by_after=book.need_by + days * DAY,
        )
        book.changes.append(asking)
        last.asked_for, book.need_by = asking.need_by_before, asking.need_by_after
        if self.asking.random() < maker.on_time:
            book.sayings.append(
                Saying(
                    at=at + timedelta(hours=self.asking.randint(2, 40)),
                    promise=(Delivery(book.need_by, book.quantity),),
                    reason="buyer_request",
                    by_buyer=True,
                )
            )

    def _some(self) -> int:
        """Draw a quantity of a line nobody waits for."""
        return self.random.choice((20, 40, 60, 90, 120, 200, 240, 480))

    def _arrival(self, maker: Maker, promised: date) -> date:
        """Draw when a delivery comes: mostly on its day, at times before or after.

        Nothing of the story part is under way late, or it would fill the story's gap.
        """
        if self.random.random() < maker.on_time or maker.part.code == STORY_PART:
            return promised - DAY * (self.random.random() < EARLY_SHARE)
        return promised + self.random.randint(1, 7) * DAY

    def _ahead(self, deal: Deal) -> Book:
        """Return a line further off: many are not promised yet."""
        book = self._asked(deal)
        at = self._moment(self.as_of - self.random.randint(4, 140) * timedelta(hours=1))
        drawn = self.random.random()
        book.ordered_at = self._moment(at - self.random.randint(1, 5) * DAY)
        if drawn < SILENT_SHARE:
            if self.random.random() < SEEN_SHARE:
                book.acknowledged_at = at
        elif drawn < SILENT_SHARE + CANNOT_SAY_SHARE:
            book.sayings.append(
                Saying(
                    at=at,
                    kind=Kind.CANNOT_SAY,
                    word_by=self.today + self.random.randint(0, 9) * DAY,
                )
            )
        elif drawn < SILENT_SHARE + CANNOT_SAY_SHARE + REJECTED_SHARE:
            book.sayings.append(Saying(at=at, kind=Kind.REJECT, reason=self._reason()))
        else:
            book = self._open(deal, may_withdraw=True)
        return book

    def _asked(self, deal: Deal) -> Book:
        """Return a line nobody has answered, ordered a lead time before its day."""
        maker = deal.maker
        lead = maker.lead_days * self.random.randint(95, 115) // 100 + 5
        ordered = datetime.combine(deal.need_by - lead * DAY, time(9), tzinfo=self.zone)
        return Book(
            supplier=maker.supplier,
            user_id=maker.user_id,
            part=maker.part,
            quantity=deal.quantity,
            need_by=deal.need_by,
            ordered_at=min(ordered, self.as_of - 12 * DAY),
            needed_by_racks=deal.racks,
        )

    def _kept(self, deal: Deal) -> Book:
        """Return a line promised as asked."""
        book = self._asked(deal)
        book.sayings.append(
            Saying(
                at=self._answered_at(book.ordered_at),
                promise=(Delivery(deal.need_by, deal.quantity),),
            )
        )
        return book

    def _withdrawn(self, deal: Deal) -> Book:
        """Return the story's line: promised as asked, withdrawn two hours ago."""
        book = self._kept(deal)
        book.sayings.append(
            Saying(
                at=self.as_of - timedelta(hours=STORY_HOURS_AGO),
                kind=Kind.DECOMMIT,
                reason="yield",
            )
        )
        return book

    def _open(self, deal: Deal, *, may_withdraw: bool = False) -> Book:
        """Return a promised line; one in eight has changed since."""
        book = self._kept(deal)
        if self.random.random() < CHANGED_SHARE:
            self._change(book, may_withdraw=may_withdraw)
            if self.random.random() < AGAIN_SHARE and book.sayings[-1].promise:
                self._change(book, may_withdraw=False)
        return book

    def _change(self, book: Book, *, may_withdraw: bool) -> None:
        """Let a supplier say something else, between its last word and the day."""
        last = book.sayings[-1]
        opens = last.at + timedelta(hours=2)
        closes = min(
            self.as_of - timedelta(hours=1),
            datetime.combine(last.promise[0].on, time(0), tzinfo=self.zone) - 2 * DAY,
        )
        if closes <= opens:
            return
        at = self._moment(opens + self.random.random() * (closes - opens))
        change = self._drawn(CHANGES)
        if change == "decommit" and not may_withdraw:
            change = "push_out"
        if change == "decommit":
            book.sayings.append(
                Saying(at=at, kind=Kind.DECOMMIT, reason=self._reason())
            )
            return
        longest = NEEDED_SLIP_DAYS if book.needed_by_racks else SLIP_DAYS
        promise = self._changed(change, last.promise, at, longest)
        is_ours = (
            change == "push_out"
            and not book.needed_by_racks
            and self.random.random() < BUYER_SHARE
        )
        saying = Saying(at=at, promise=promise, reason="", by_buyer=is_ours)
        if is_ours:
            last.asked_for = book.need_by
            moved_to = max(book.need_by, promise[-1].on)
            if moved_to != book.need_by:
                book.changes.append(
                    Asking(
                        at=at - ASKED_BEFORE,
                        need_by_before=book.need_by,
                        need_by_after=moved_to,
                    )
                )
            book.need_by = moved_to
            saying.reason = "buyer_request"
        elif change != "pull_in":
            saying.reason = self._reason()
        book.sayings.append(saying)

    def _changed(
        self, change: str, promise: Promise, at: datetime, longest: int
    ) -> Promise:
        """Return what a promise becomes; at most ``longest`` days later."""
        later = self.random.randint(1, longest) * DAY
        if change == "pull_in":
            earliest = at.astimezone(self.zone).date()
            sooner = self.random.randint(1, 3) * DAY
            first = promise[0]
            moved = Delivery(max(earliest, first.on - sooner), first.quantity)
            return (moved, *promise[1:])
        last = promise[-1]
        if change == "split" and last.quantity > 1:
            part = max(1, last.quantity * self.random.choice((50, 60, 70)) // 100)
            return (
                *promise[:-1],
                Delivery(last.on, part),
                Delivery(last.on + later, last.quantity - part),
            )
        return (*promise[:-1], Delivery(last.on + later, last.quantity))

    def _answered_at(self, ordered_at: datetime) -> datetime:
        """Draw when the first answer came: two days after the order at the median."""
        days = min(
            self.random.lognormvariate(ANSWER_DAYS_MEDIAN, ANSWER_DAYS_SPREAD), 10.0
        )
        return self._moment(ordered_at + days * DAY)

    def _reason(self) -> str:
        """Draw a reason."""
        return self._drawn(REASONS)

    def _drawn(self, weights: dict[str, int]) -> str:
        """Draw a key by weight."""
        return self.random.choices([*weights], [*weights.values()])[0]

    def _moment(self, at: datetime) -> datetime:
        """Return a moment on a whole minute, in UTC terms of the demo's present."""
        return at.astimezone(self.as_of.tzinfo).replace(second=0, microsecond=0)


def _lots(code: str, need: PartNeed, per_rack: int) -> Iterator[tuple[date, int, int]]:
    """Yield (day, pieces, racks) to order: the story's pieces first, then by days."""
    story = STORY_RACKS * STORY_PIECES_A_RACK if code == STORY_PART else 0
    lot_from: date | None = None
    lot = 0
    for day, pieces in need.uncovered():
        left = pieces
        if story:
            taken = min(story, left)
            story, left, lot = story - taken, left - taken, lot + taken
            lot_from = lot_from or day
            if not story:
                yield lot_from, lot, STORY_RACKS
                lot_from, lot = None, 0
        if not left:
            continue
        if lot_from is not None and (day - lot_from).days >= DAYS_A_LOT:
            yield lot_from, lot, max(1, lot // per_rack)
            lot_from, lot = None, 0
        lot_from = lot_from or day
        lot += left
        while lot > RACKS_A_LOT * per_rack:
            yield lot_from, RACKS_A_LOT * per_rack, RACKS_A_LOT
            lot_from, lot = day, lot - RACKS_A_LOT * per_rack
    if lot_from is not None:
        yield lot_from, lot, max(1, lot // per_rack)


def _pieces_a_rack(factory: DemoFactory, code: str) -> int:
    """Return how many pieces of a part a rack takes, over all models on average."""
    rows = [
        line.quantity
        for model in factory.models.values()
        for line in model.bom_lines.filter(part=factory.parts[code], parent=None)
    ]
    return max(1, sum(rows) // max(1, len(rows)))


def in_order(books: Iterable[Book]) -> list[Book]:
    """Return books by order date and supplier, so that orders hold like lines."""
    return sorted(
        books,
        key=lambda book: (
            book.ordered_at,
            book.supplier.pk,
            book.part.pk,
            book.need_by,
        ),
    )
