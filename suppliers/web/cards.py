"""What a supplier reads about one of its lines: title, effect, the button's words."""

from dataclasses import dataclass
from datetime import date

from journal.wording import counted, grouped, promise_date
from suppliers.ledger import Delivery
from suppliers.models import LineNeed
from suppliers.queries.portal import OwnLine, Why
from suppliers.sentences import promise_words

SERIALS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """What a date does to the racks: a status of ``journal.wording`` and a sentence."""

    status: str
    strong: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One line as a card.

    Attributes:
        own: The line.
        title: What it is about, as a sentence.
        effect: What hangs on it.
        badge: State for a badge, and its word.
        accept: The accept button's words; empty if what was asked cannot be accepted.
    """

    own: OwnLine
    title: str
    effect: Effect
    badge: tuple[str, str]
    accept: str


def card_of(own: OwnLine) -> Card:
    """Return a line as a card."""
    return Card(
        own=own,
        title=title_of(own),
        effect=effect_of(
            own.need, own.promise[-1].on if own.promise else None, own.today
        ),
        badge=_badge(own),
        accept=_accept(own),
    )


def title_of(own: OwnLine) -> str:
    """Say in one sentence why a line is shown, or how it stands."""
    pieces = counted(own.line.outstanding, "piece")
    asked_for = promise_date(own.line.need_by, own.today)
    word_by = promise_date(own.commitment.word_by, own.today)
    promised = promise_words(own.promise, own.today)
    urgent = {
        Why.NEW: f"New order: {pieces} by {asked_for}",
        Why.WITHDRAWN: f"You withdrew {pieces} asked for {asked_for}",
        Why.WORD_DUE: f"Your word on {pieces} was due {word_by}"
        if own.commitment.word_by
        else f"Seen, not answered: {pieces} by {asked_for}",
        Why.OVERDUE: f"You promised {promised}. Not all of it has come",
        Why.ASKED_ANEW: f"We now ask for {pieces} by {asked_for}. "
        f"You promised {promised}",
        Why.TOO_LATE: f"You promised {promised}, asked for {asked_for}",
    }
    return urgent.get(own.why) or _quiet_title(own, promised)


def _quiet_title(own: OwnLine, promised: str) -> str:
    """Say how a line stands that needs nothing now."""
    line = own.line
    if promised:
        return f"You promised {promised}"
    if line.received_in_full_on:
        done = promise_date(line.received_in_full_on, own.today)
        return f"{grouped(line.quantity)} pieces received in full by {done}"
    if own.commitment.word_by:
        return "You cannot say yet"
    asked_for = promise_date(line.need_by, own.today)
    pieces = counted(line.outstanding, "piece")
    return f"{pieces} asked for {asked_for}, nothing is promised"


def effect_of(need: LineNeed | None, arrives: date | None, today: date) -> Effect:
    """Say what a last dock date does to the racks of the published plan.

    Args:
        need: What the plan needs of the line, or None.
        arrives: Last dock date promised; None if nothing is.
        today: At the receiving site.
    """
    if need is None or not need.racks:
        return Effect("idle", "", "No rack of the plan waits for it.")
    racks = counted(need.racks, "rack")
    by = promise_date(need.needed_by, today)
    verb = "needs" if need.racks == 1 else "need"
    if arrives is None:
        return Effect(
            "watch", f"{racks} {_wait(need)} for it,", f"by {by}{_named(need)}."
        )
    if arrives > need.needed_by:
        late = counted((arrives - need.needed_by).days, "day")
        return Effect(
            "watch",
            f"{racks} {_wait(need)}.",
            f"The plan {verb if need.racks == 1 else 'needs'} it by {by}, "
            f"{late} earlier{_named(need)}.",
        )
    slack = (need.needed_by - arrives).days
    if not slack:
        return Effect("good", "No harm.", f"{racks} {verb} it by {by}, the same day.")
    return Effect(
        "good",
        "No harm.",
        f"{racks} {verb} it by {by}, {counted(slack, 'day')} later.",
    )


def _wait(need: LineNeed) -> str:
    """Return the verb for so many racks."""
    return "waits" if need.racks == 1 else "wait"


def _named(need: LineNeed) -> str:
    """Name the first racks, where they are known."""
    serials = [str(serial) for serial in need.serials[:SERIALS_SHOWN]]
    return f" ({', '.join(serials)})" if serials else ""


def _badge(own: OwnLine) -> tuple[str, str]:
    """Return the state to show and its word."""
    if own.why is Why.NEW:
        return "new", "New"
    if own.commitment.word_by and not own.promise:
        return "cannot_say", "Open"
    return str(own.commitment.state), ""


def _accept(own: OwnLine) -> str:
    """Return the words of the button that promises what was asked."""
    if not own.can_be_accepted:
        return ""
    asked = Delivery(own.line.need_by, own.line.outstanding)
    day = promise_date(asked.on, own.today)
    return f"Accept {grouped(asked.quantity)} on {day}"
