"""Random histories of answers, without a database: as told step by step, and replayed.

Each step is one that the table of moves allows; the state beside it is kept by hand,
with a pile of what stood before, so that a replay is compared with something else.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from suppliers.ledger import (
    MOVES,
    Delivery,
    Entry,
    Kind,
    Position,
    Promise,
    State,
    Verb,
    kind_of,
    replay,
)

FIRST = date(2026, 12, 1)
LONGEST = 30
PLAIN = {Verb.DECOMMIT: Kind.DECOMMIT, Verb.REJECT: Kind.REJECT}
NOWHERE = Position(state=State.REQUESTED, original=None, current=None, word_by=None)


@dataclass
class Told:
    """One ledger as it comes about."""

    stands: Position = NOWHERE
    promise: Promise = ()
    is_acknowledged: bool = False
    entries: list[Entry] = field(default_factory=list)
    before: list[tuple[Position, Promise]] = field(default_factory=list)
    can_undo: bool = False


def a_promise(draw: Random) -> Promise:
    """Return one to four deliveries."""
    days = draw.sample(range(40), draw.randint(1, 4))
    return tuple(
        Delivery(FIRST + timedelta(days=day), draw.randint(1, 50))
        for day in sorted(days)
    )


def step(told: Told, draw: Random) -> None:
    """Take one step at random that is allowed from here."""
    verbs = [
        verb
        for verb in (
            Verb.ACKNOWLEDGE,
            Verb.COMMIT,
            Verb.COMMIT,
            Verb.CANNOT_SAY,
            Verb.DECOMMIT,
            Verb.REJECT,
        )
        if told.stands.state in MOVES[verb]
    ]
    if told.can_undo and draw.random() < 0.3:
        take_back(told)
    elif (verb := draw.choice(verbs)) is Verb.ACKNOWLEDGE:
        told.stands = replace(told.stands, state=State.ACKNOWLEDGED)
        told.is_acknowledged, told.can_undo = True, False
    else:
        answer(told, verb, draw)


def answer(told: Told, verb: Verb, draw: Random) -> None:
    """Append one answer and move on."""
    number = len(told.entries) + 1
    told.before.append((told.stands, told.promise))
    stands = replace(
        told.stands, state=MOVES[verb][State(told.stands.state)], word_by=None
    )
    kind, promise = PLAIN.get(verb, Kind.CANNOT_SAY), ()
    if verb is Verb.COMMIT:
        promise = a_promise(draw)
        kind = kind_of(promise, told.promise, is_first=stands.original is None)
        stands = replace(stands, original=stands.original or number, current=number)
    elif verb is Verb.CANNOT_SAY:
        stands = replace(stands, word_by=FIRST + timedelta(days=draw.randint(0, 9)))
    told.is_acknowledged |= stands.state == State.ACKNOWLEDGED
    told.entries.append(Entry(number=number, kind=kind, word_by=stands.word_by))
    told.stands, told.promise, told.can_undo = stands, promise, True


def take_back(told: Told) -> None:
    """Append an undo: what stood before the last answer stands again."""
    told.stands, told.promise = told.before.pop()
    if told.is_acknowledged and told.stands.state == State.REQUESTED:
        told.stands = replace(told.stands, state=State.ACKNOWLEDGED)
    told.entries.append(Entry(number=len(told.entries) + 1, kind=Kind.UNDO))
    told.can_undo = False


def check_histories(count: int, seed: int) -> int:
    """Replay random histories after each of their steps; return how many steps."""
    draw = Random(seed)
    steps = 0
    for _ in range(count):
        told = Told()
        for _ in range(draw.randint(1, LONGEST)):
            step(told, draw)
            steps += 1
            found = replay(told.entries, is_acknowledged=told.is_acknowledged)
            assert found == told.stands, told.entries
    return steps
