"""Trust under change: what the buyer changed, who absorbed it, and how fair it was."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import zip_longest

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from journal.wording import counted, grouped, promise_date
from suppliers.ledger import arrived_by
from suppliers.trust.facts import (
    DAY,
    Case,
    Change,
    Line,
    Measure,
    Rules,
    Said,
    case_of,
)


class ChangeVerb(StrEnum):
    """What the buyer asked for, in the words of the field."""

    INCREASE = "increase"
    DECREASE = "decrease"
    PULL_IN = "pull-in"
    PAUSE = "pause"
    EMERGENCY = "emergency"
    CANCEL = "cancel"


VERBS = {
    ChangeVerb.INCREASE: _("Increase"),
    ChangeVerb.DECREASE: _("Decrease"),
    ChangeVerb.PULL_IN: _("Pull-in"),
    ChangeVerb.PAUSE: _("Pause"),
    ChangeVerb.EMERGENCY: _("Emergency"),
    ChangeVerb.CANCEL: _("Cancel"),
}


def verb_of(change: Change, rules: Rules) -> ChangeVerb:
    """Return what a change is.

    More or earlier within ``emergency_days`` of the asking is an emergency; of a change
    of both, the quantity names it.
    """
    if change.is_cancelled:
        return ChangeVerb.CANCEL
    more = change.quantity_after - change.quantity_before
    is_earlier = change.need_by_after < change.need_by_before
    is_near = change.need_by_after <= change.on + rules.emergency_days * DAY
    if is_near and (more > 0 or is_earlier):
        return ChangeVerb.EMERGENCY
    if more:
        return ChangeVerb.INCREASE if more > 0 else ChangeVerb.DECREASE
    return ChangeVerb.PULL_IN if is_earlier else ChangeVerb.PAUSE


def change_cases(
    line: Line, rules: Rules, *, today: date, now: datetime
) -> Iterator[Case]:
    """Yield whether each change of a line was accepted and kept.

    A cancellation is no case, nor a change the buyer overtook with another before it
    was answered, nor one whose answer is still in time.
    """
    for change, later in zip_longest(line.changes, line.changes[1:]):
        until = later.at if later else None
        verb = verb_of(change, rules)
        if verb == ChangeVerb.CANCEL:
            continue
        outcome = _answered(
            line, change, until, now - timedelta(hours=rules.response_h)
        )
        if outcome is None:
            continue
        if outcome == ACCEPTED:
            outcome = _kept(line, change, rules, today)
        yield case_of(
            Measure.ABSORPTION,
            line,
            on=change.on,
            points=float(outcome.startswith(ACCEPTED) and outcome not in BROKEN),
            sentence=f"{_asked_words(change, verb, today)}: {gettext(outcome)}",
            change=change.key,
            verb=verb,
        )


ACCEPTED = _("accepted")
NOT_KEPT = _("accepted, not kept")
TAKEN_BACK = _("accepted, then taken back")
BROKEN = frozenset({NOT_KEPT, TAKEN_BACK})


def _answered(
    line: Line, change: Change, until: datetime | None, since: datetime
) -> str | None:
    """Return whether a change was accepted, in words; None if it is no case.

    Args:
        line: The changed line.
        change: What the buyer changed.
        until: When the buyer changed it again, if so.
        since: A change after this moment may still be answered in time.
    """
    answers = [
        said
        for said in line.said
        if said.at > change.at and (until is None or said.at <= until)
    ]
    if any(_meets(said, change) for said in answers):
        return ACCEPTED
    if answers:
        return _("not accepted")
    before = [said for said in line.said if said.at <= change.at]
    if before and _meets(before[-1], change):
        # What stood covers it, so nobody asked for an answer.
        return ACCEPTED
    return None if until is not None or change.at > since else _("no answer")


def _kept(line: Line, change: Change, rules: Rules, today: date) -> str:
    """Return what became of an accepted change, in words."""
    day = change.need_by_after + rules.late_days * DAY
    came = sum(row.quantity for row in line.came if row.on <= day)
    if came >= change.quantity_after:
        return _("accepted and kept")
    if line.changes[-1] is not change:
        return _("accepted, then changed again by us")
    if day < today:
        return NOT_KEPT
    is_standing = _meets(line.said[-1], change)
    return ACCEPTED if is_standing else TAKEN_BACK


def _meets(said: Said, change: Change) -> bool:
    """Say whether an answer promises all that a change asks for, by its day."""
    promised = arrived_by(said.promise, change.need_by_after)
    return said.received + promised >= change.quantity_after


def _asked_words(change: Change, verb: ChangeVerb, today: date) -> str:
    """Say what the buyer changed."""
    day = promise_date(change.need_by_after, today)
    if change.quantity_after != change.quantity_before:
        return gettext("%(verb)s from %(was)s to %(now)s by %(day)s") % {
            "verb": gettext(VERBS[verb]),
            "was": grouped(change.quantity_before),
            "now": grouped(change.quantity_after),
            "day": day,
        }
    return gettext("%(verb)s from %(was)s to %(now)s") % {
        "verb": gettext(VERBS[verb]),
        "was": promise_date(change.need_by_before, today),
        "now": day,
    }


class BuyerMeasure(StrEnum):
    """What the buyer is measured by."""

    NOTICE = "notice"
    LEAD_TIME = "lead_time"
    STEADY = "steady"


def buyer_cases(
    line: Line, rules: Rules, *, today: date
) -> Iterator[tuple[BuyerMeasure, date, float, str]]:
    """Yield what is counted for or against the buyer: measure, day, points, sentence.

    An order with less than the source's lead time is late; a change within it is a
    change nobody could plan for; and a line that was never changed is steady. Where
    the lead time is unknown neither of the first two is counted.
    """
    ahead = (line.first_need_by - line.ordered_on).days
    yield (
        BuyerMeasure.STEADY,
        line.ordered_on,
        float(not line.changes),
        gettext("Changed %(times)s") % {"times": counted(len(line.changes), "time")}
        if line.changes
        else gettext("Never changed"),
    )
    if not line.lead_days:
        return
    yield (
        BuyerMeasure.LEAD_TIME,
        line.ordered_on,
        float(ahead >= line.lead_days),
        gettext("Ordered %(days)s ahead; lead time %(lead)s")
        % {"days": counted(ahead, "day"), "lead": counted(line.lead_days, "day")},
    )
    for change in line.changes:
        nearest = min(change.need_by_before, change.need_by_after)
        notice = max(0, (nearest - change.on).days)
        words = _asked_words(change, verb_of(change, rules), today)
        yield (
            BuyerMeasure.NOTICE,
            change.on,
            float(notice >= line.lead_days),
            gettext("%(change)s, %(days)s ahead; lead time %(lead)s")
            % {
                "change": words,
                "days": counted(notice, "day"),
                "lead": counted(line.lead_days, "day"),
            },
        )
