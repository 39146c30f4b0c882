"""Trust in promises: on time and in full, stability, warning, answers, quality.

What the buyer caused never counts against the supplier: a promise that followed the
buyer's own change is the one judged, and a cancelled line is no case.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from journal.wording import counted, grouped, promise_date
from suppliers.ledger import Kind, arrived_by, is_worse, outstanding
from suppliers.trust.facts import DAY, Case, Cause, Line, Measure, Rules, Said, case_of

_HOUR = timedelta(hours=1)
_SILENT_KINDS = {Kind.DECOMMIT, Kind.CANNOT_SAY}


def promise_cases(
    line: Line, rules: Rules, *, today: date, now: datetime
) -> Iterator[Case]:
    """Yield a line's cases of every measure but absorption.

    Args:
        line: With all that happened to it.
        rules: How to count.
        today: At the receiving site; what is not due is no case yet.
        now: The moment, aware.
    """
    yield from _response(line, rules, now)
    yield from _quality(line)
    if line.is_cancelled or (line.said and line.said[-1].kind == Kind.REJECT):
        return
    yield from _timely(line, rules, today)
    yield from _stable(line, rules, today)


def judged_first(line: Line) -> Said | None:
    """Return the promise a line is first judged on; None if nothing was promised.

    The first, or the newest that followed the buyer's own change: it re-bases the
    score date.
    """
    promises = line.promises
    rebased = [said for said in promises if said.cause == Cause.BUYER]
    return rebased[-1] if rebased else promises[0] if promises else None


def score_date(line: Line, said: Said | None) -> date:
    """Return the last dock date promised, or the day asked for without a promise."""
    return said.promise[-1].on if said else line.need_by


def is_full_on_time(line: Line, said: Said, rules: Rules) -> bool:
    """Say whether all that was asked for came within the window of a promise.

    Of each tranche so much must have come ``late_days`` after its day at most; pieces
    that came more than ``early_days`` before the first day do not count. What had come
    when it was said counts.
    """
    opens = said.promise[0].on - rules.early_days * DAY
    arrivals: list[tuple[date, int]] = []
    before = said.received
    for came in line.came:
        had = min(before, came.quantity)
        before -= had
        if came.quantity > had and came.on >= opens:
            arrivals.append((came.on, came.quantity - had))
    needed = max(0, min(said.asked, line.quantity) - said.received)
    grace = rules.late_days * DAY
    tranches = [
        (row.on, min(needed, arrived_by(said.promise, row.on))) for row in said.promise
    ]
    tranches.append((said.promise[-1].on, needed))
    return all(
        sum(pieces for on, pieces in arrivals if on <= day + grace) >= wanted
        for day, wanted in tranches
    )


def told_ahead_days(line: Line, judged: Said) -> int:
    """Return how many days before its day a broken promise was taken back or moved.

    The first answer counts by which fewer pieces would have come on some day; told on
    the day or after it is 0.
    """
    for said in line.said:
        if said.at <= judged.at or said.cause == Cause.BUYER:
            continue
        if said.kind in _SILENT_KINDS or is_worse_than(said, judged):
            return max(0, (judged.promise[-1].on - said.on).days)
    return 0


def warning_credit(days: int, rules: Rules) -> float:
    """Return the credit of a miss told so many days ahead.

    ``warning_credit × min(1, days told ahead ÷ warning_days)``.
    """
    return rules.warning_credit * min(1.0, max(0, days) / rules.warning_days)


def is_worse_than(said: Said, stood: Said) -> bool:
    """Say whether a promise brings less by some day than what was still to come."""
    left = outstanding(stood.promise, said.received - stood.received)
    return is_worse(said.promise, left)


def _timely(line: Line, rules: Rules, today: date) -> Iterator[Case]:
    """Yield the cases of both on-time measures, and of the warning a miss got."""
    first = judged_first(line)
    newest = line.promises[-1] if line.promises else None
    for measure, said in ((Measure.ORIGINAL, first), (Measure.CURRENT, newest)):
        due = score_date(line, said)
        if due + rules.late_days * DAY >= today:
            continue
        is_kept = (
            said is not None
            and is_full_on_time(line, said, rules)
            and (measure == Measure.ORIGINAL or _stands(line))
        )
        yield case_of(
            measure,
            line,
            on=due,
            points=float(is_kept),
            sentence=_timely_words(line, said, due, today, is_kept=is_kept),
        )
        if measure == Measure.ORIGINAL and said is not None and not is_kept:
            days = told_ahead_days(line, said)
            told = counted(days, "day")
            yield case_of(
                Measure.WARNING,
                line,
                on=due,
                points=warning_credit(days, rules),
                sentence=(
                    _("Missed %(day)s, told %(days)s before")
                    if days
                    else _("Missed %(day)s, told not before the day")
                )
                % {"day": promise_date(due, today), "days": told},
            )


def _stands(line: Line) -> bool:
    """Say whether the newest answer still promises, or everything came."""
    came = sum(row.quantity for row in line.came)
    return bool(line.said[-1].promise) or came >= line.quantity


def _timely_words(
    line: Line, said: Said | None, due: date, today: date, *, is_kept: bool
) -> str:
    """Say what was promised and what came."""
    day = promise_date(due, today)
    if said is None:
        return _("Asked for %(day)s, never promised") % {"day": day}
    asked = min(said.asked, line.quantity)
    came = sum(row.quantity for row in line.came)
    promised = _("Promised for %(day)s, moved by us") % {"day": day}
    if said.cause != Cause.BUYER:
        promised = _("Promised for %(day)s") % {"day": day}
    facts = {
        "promised": promised,
        "asked": grouped(asked),
        "came": grouped(came),
        "last": promise_date(line.came[-1].on, today) if line.came else "",
    }
    if is_kept:
        return _("%(promised)s, all %(asked)s came in time") % facts
    if came < asked:
        return _("%(promised)s, %(came)s of %(asked)s came") % facts
    return _("%(promised)s, complete %(last)s") % facts


def _stable(line: Line, rules: Rules, today: date) -> Iterator[Case]:
    """Yield whether a promise was never made worse by the supplier's own doing."""
    first = judged_first(line)
    if first is None:
        return
    due = score_date(line, first)
    if due + rules.late_days * DAY >= today:
        return
    moves = worse_moves(line)
    sentence = (
        _("Made worse %(times)s") % {"times": counted(moves, "time")}
        if moves
        else _("Never moved to the worse")
    )
    yield case_of(
        Measure.STABILITY, line, on=due, points=float(not moves), sentence=sentence
    )


def worse_moves(line: Line) -> int:
    """Return how often the supplier, by its own doing, promised later or less."""
    moves = 0
    stood: Said | None = None
    for said in line.said:
        if stood is not None and said.cause == Cause.SUPPLIER:
            moves += said.kind in _SILENT_KINDS or is_worse_than(said, stood)
        stood = said if said.promise else None
    return moves


def _response(line: Line, rules: Rules, now: datetime) -> Iterator[Case]:
    """Yield how fast the order was first answered; one still in time is no case."""
    answered = line.said[0].at if line.said else None
    hours = ((answered or now) - line.ordered_at) / _HOUR
    if answered is None and (hours <= rules.response_h or line.is_cancelled):
        return
    took = (
        _("%(hours)s h") % {"hours": grouped(hours)}
        if hours < rules.response_h
        else _("%(days)s d") % {"days": grouped(hours / 24)}
    )
    yield case_of(
        Measure.RESPONSE,
        line,
        on=line.ordered_on,
        points=float(hours <= rules.response_h),
        sentence=(
            _("Answered after %(time)s") if answered else _("No answer for %(time)s")
        )
        % {"time": took},
    )


def _quality(line: Line) -> Iterator[Case]:
    """Yield which share of the pieces that came was good."""
    came = sum(row.quantity for row in line.came)
    if not came:
        return
    held = sum(row.held for row in line.came)
    yield case_of(
        Measure.QUALITY,
        line,
        on=line.came[-1].on,
        points=1 - held / came,
        sentence=(
            _("%(held)s of %(came)s held or sent back")
            if held
            else _("All %(came)s good")
        )
        % {"held": grouped(held), "came": grouped(came)},
    )
