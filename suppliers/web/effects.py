"""What an answer does to the racks, as one status and one sentence."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journal.wording import promise_date
from suppliers.ledger import Promise
from suppliers.models import LineNeed, PurchaseOrderLine
from suppliers.reach import PullIn, Reach, best_pull_in, rack_needs, reach_of
from suppliers.sentences import days, pieces, racks

SERIALS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """What a date does to the racks: a status of ``journal.wording`` and a sentence."""

    status: str
    strong: str
    text: str


def effect_of(
    line: PurchaseOrderLine,
    need: LineNeed | None,
    promise: Promise,
    today: date,
    *,
    is_own: bool = True,
) -> Effect:
    """Say what a promise does to the racks of the published plan.

    Args:
        line: The line.
        need: What the plan needs of it, or None.
        promise: What stands and is still to come; empty if nothing is.
        today: At the receiving site.
        is_own: Whether the supplier reads it, and not the buyer.
    """
    if need is None or not need.racks:
        return Effect("idle", "", _("No rack of the plan waits for it."))
    if not promise:
        return _waits(need, today)
    if not need.by_rack:
        return _by_last_date(need, promise[-1].on, today)
    return _rack_by_rack(line, need, promise, today, is_own=is_own)


def _rack_by_rack(
    line: PurchaseOrderLine,
    need: LineNeed,
    promise: Promise,
    today: date,
    *,
    is_own: bool,
) -> Effect:
    """Say which racks a promise moves, frees or leaves waiting."""
    needs = rack_needs(need)
    in_house = line.received - need.received_before
    reach = reach_of(needs, promise, in_house=in_house)
    if reach.moved or reach.bare:
        return _harm(need, reach, today)
    if reach.freed:
        return _relief(reach)
    if reach.waiting:
        pull_in = best_pull_in(needs, promise, in_house=in_house)
        return _hold_up(line, reach, pull_in, is_own=is_own)
    return _no_harm(need, promise[-1].on, today)


def _waits(need: LineNeed, today: date) -> Effect:
    """Say how many racks wait for a line that promises nothing."""
    strong = ngettext(
        "%(racks)s waits for it,", "%(racks)s wait for it,", need.racks
    ) % {"racks": racks(need.racks)}
    by = _("by %(day)s%(names)s.") % {
        "day": promise_date(need.needed_by, today),
        "names": _named([str(serial) for serial in need.serials]),
    }
    return Effect("watch", strong, by)


def _by_last_date(need: LineNeed, arrives: date, today: date) -> Effect:
    """Say what a last dock date does where racks are only counted."""
    if arrives <= need.needed_by:
        return _no_harm(need, arrives, today)
    strong = ngettext("%(racks)s waits.", "%(racks)s wait.", need.racks)
    text = _("The plan needs it by %(day)s, %(late)s earlier%(names)s.") % {
        "day": promise_date(need.needed_by, today),
        "late": days((arrives - need.needed_by).days),
        "names": _named([str(serial) for serial in need.serials]),
    }
    return Effect("watch", strong % {"racks": racks(need.racks)}, text)


def _harm(need: LineNeed, reach: Reach, today: date) -> Effect:
    """Name the racks that move, and those for which nothing is promised."""
    bare = ""
    if reach.bare:
        bare = ngettext(
            "Nothing is promised for %(racks)s%(names)s.",
            "Nothing is promised for %(racks)s%(names)s.",
            len(reach.bare),
        ) % {"racks": racks(len(reach.bare)), "names": _named(reach.bare)}
    if not reach.moved:
        return Effect("watch", bare, "")
    strong = ngettext(
        "Moves %(moved)s of %(total)s.",
        "Moves %(moved)s of %(total)s.",
        len(reach.moved),
    ) % {"moved": len(reach.moved), "total": racks(reach.racks)}
    worst = ", ".join(
        _("%(serial)s by %(days)s") % {"serial": serial, "days": days(late)}
        for serial, late in reach.moved[:SERIALS_SHOWN]
    )
    text = _("%(worst)s. The plan needs the first pieces by %(day)s.") % {
        "worst": worst + _more(len(reach.moved)),
        "day": promise_date(need.needed_by, today),
    }
    return Effect("watch", strong, f"{text} {bare}".rstrip())


def _relief(reach: Reach) -> Effect:
    """Name the racks that need not wait any more."""
    strong = ngettext("Frees %(racks)s.", "Frees %(racks)s.", len(reach.freed)) % {
        "racks": racks(len(reach.freed))
    }
    text = ngettext(
        "It need not wait for these pieces any more%(names)s.",
        "They need not wait for these pieces any more%(names)s.",
        len(reach.freed),
    ) % {"names": _named(reach.freed)}
    if reach.waiting:
        still = ngettext(
            "%(racks)s still waits.", "%(racks)s still wait.", len(reach.waiting)
        ) % {"racks": racks(len(reach.waiting))}
        text = f"{text} {still}"
    return Effect("good", strong, text)


def _hold_up(
    line: PurchaseOrderLine, reach: Reach, pull_in: PullIn | None, *, is_own: bool
) -> Effect:
    """Say how many racks wait for the pieces, and what the best pull-in frees."""
    own_words = ngettext(
        "Your %(pieces)s hold up %(racks)s%(names)s.",
        "Your %(pieces)s hold up %(racks)s%(names)s.",
        len(reach.waiting),
    )
    words = own_words if is_own else "The %(pieces)s hold up %(racks)s%(names)s."
    strong = words % {
        "pieces": pieces(line.outstanding),
        "racks": racks(len(reach.waiting)),
        "names": _named(reach.waiting),
    }
    if pull_in is None:
        return Effect("watch", strong, "")
    text = _("%(days)s earlier frees %(racks)s.") % {
        "days": days(pull_in.days).capitalize(),
        "racks": pull_in.racks,
    }
    return Effect("watch", strong, text)


def _no_harm(need: LineNeed, arrives: date, today: date) -> Effect:
    """Say that no rack moves, and how much room there is."""
    known = [str(serial) for serial in need.serials]
    slack = (need.needed_by - arrives).days
    words = {
        "racks": racks(need.racks),
        "day": promise_date(need.needed_by, today),
        "slack": days(slack),
        "serial": known[0] if known else "",
    }
    if slack <= 0:
        text = ngettext(
            "%(racks)s needs it by %(day)s, the same day.",
            "%(racks)s need it by %(day)s, the same day.",
            need.racks,
        )
    else:
        text = ngettext(
            "%(racks)s needs it by %(day)s, %(slack)s later.",
            "%(racks)s need it by %(day)s, %(slack)s later.",
            need.racks,
        )
    if need.racks == 1 and known:
        moved = _("Rack %(serial)s moves by 0 days.") % words
    else:
        moved = _("No rack moves.")
    return Effect("good", _("No harm."), f"{text % words} {moved}")


def _named(serials: list[str] | tuple[str, ...]) -> str:
    """Name the first racks, where they are known."""
    if not serials:
        return ""
    return f" ({', '.join(serials[:SERIALS_SHOWN])}{_more(len(serials))})"


def _more(count: int) -> str:
    """Say how many are not named."""
    rest = count - SERIALS_SHOWN
    return _(" and %(count)s more") % {"count": rest} if rest > 0 else ""
