"""What a supplier reads about one of its lines: title, effect, the button's words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from journal.wording import grouped, promise_date
from suppliers.queries.portal import OwnLine, Why
from suppliers.sentences import pieces, promise_words
from suppliers.web.effects import Effect, effect_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One line as a card.

    Attributes:
        own: The line.
        title: What it is about, as a sentence.
        effect: What hangs on it.
        facts: What else is stated: an open remainder, a part in place of another.
        badge: State for a badge, and its word.
        accept: The accept button's words; empty if what was asked cannot be accepted.
    """

    own: OwnLine
    title: str
    effect: Effect
    facts: tuple[str, ...]
    badge: tuple[str, str]
    accept: str


def card_of(own: OwnLine) -> Card:
    """Return a line as a card."""
    return Card(
        own=own,
        title=title_of(own),
        effect=effect_of(own.line, own.need, own.promise, own.today),
        facts=facts_of(own),
        badge=_badge(own),
        accept=_accept(own),
    )


def title_of(own: OwnLine) -> str:
    """Say in one sentence why a line is shown, or how it stands."""
    words = {
        "pieces": pieces(own.line.outstanding),
        "asked": promise_date(own.line.need_by, own.today),
        "word_by": promise_date(own.commitment.word_by, own.today),
        "promised": promise_words(own.promise, own.today),
    }
    due = _("Your word on %(pieces)s was due %(word_by)s")
    if own.commitment.word_by is None:
        due = _("Seen, not answered: %(pieces)s by %(asked)s")
    urgent = {
        Why.NEW: _("New order: %(pieces)s by %(asked)s"),
        Why.WITHDRAWN: _("You withdrew %(pieces)s asked for %(asked)s"),
        Why.WORD_DUE: due,
        Why.OVERDUE: _("You promised %(promised)s. Not all of it has come"),
        Why.ASKED_ANEW: _(
            "We now ask for %(pieces)s by %(asked)s. You promised %(promised)s"
        ),
        Why.TOO_LATE: _("You promised %(promised)s, asked for %(asked)s"),
    }
    sentence = urgent.get(own.why) or _quiet_title(own)
    return sentence % words


def _quiet_title(own: OwnLine) -> str:
    """Say how a line stands that needs nothing now, its numbers still to fill in."""
    line = own.line
    if own.promise:
        return _("You promised %(promised)s")
    if line.received_in_full_on:
        return _("%(quantity)s received in full by %(day)s") % {
            "quantity": pieces(line.quantity),
            "day": promise_date(line.received_in_full_on, own.today),
        }
    if own.commitment.word_by:
        return _("You cannot say yet")
    return _("%(pieces)s asked for %(asked)s, nothing is promised")


def facts_of(own: OwnLine) -> tuple[str, ...]:
    """State what a promise leaves open, and a part that comes in place of another."""
    found = []
    if own.remainder:
        found.append(
            _("%(open)s of %(asked)s stay open: nothing is promised for them.")
            % {"open": grouped(own.remainder), "asked": pieces(own.line.outstanding)}
        )
    if own.promise and own.commitment.stands_in:
        found.append(
            _("%(substitute)s comes in place of %(part)s.")
            % {
                "substitute": own.commitment.stands_in,
                "part": own.line.part.code,
            }
        )
    return tuple(found)


def _badge(own: OwnLine) -> tuple[str, str]:
    """Return the state to show and its word."""
    if own.why is Why.NEW:
        return "new", _("New")
    if own.commitment.word_by and not own.promise:
        return "cannot_say", _("Open")
    return str(own.commitment.state), ""


def _accept(own: OwnLine) -> str:
    """Return the words of the button that promises what was asked."""
    if not own.can_be_accepted:
        return ""
    return _("Accept %(quantity)s on %(day)s") % {
        "quantity": grouped(own.line.outstanding),
        "day": promise_date(own.line.need_by, own.today),
    }
