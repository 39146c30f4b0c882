"""The gate before a publication: each promise that breaks, and what was typed of it.

Where a plan is not published, what a planner had typed goes on to the next gate as far
as it still applies; what does not is shown, not lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from scheduling.models import Plan
from scheduling.queries.changes import Diff, OrderChange

LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a planner has typed into a gate.

    Attributes:
        reasons: What each customer shall read, on one line, by number of the order.
        signed: Numbers of the orders signed for.
        note: For the record, up to 300 characters.
    """

    reasons: Mapping[str, str]
    signed: frozenset[str]
    note: str

    @property
    def acknowledged(self) -> dict[str, str]:
        """Return the reason given for each order signed for."""
        return {order: self.reasons.get(order, "") for order in self.signed}

    def own(self, plan: Plan) -> dict[str, str]:
        """Return the reasons that are not as a plan suggested them. One query."""
        sentences = plan.planned_racks.values_list("sentence", flat=True).distinct()
        suggested = {line(one) for one in sentences}
        return {
            order: reason
            for order, reason in self.reasons.items()
            if reason and reason not in suggested
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One promise that a plan would break.

    Attributes:
        change: The order, and its days.
        reason: What its customer shall read, as typed, else as the plan suggests it.
        is_signed: Whether it was signed for, for the day it would now be.
        is_missing: Whether a signature was looked for and is not there.
        is_another_day: Whether it was signed for, but for another day.
    """

    change: OrderChange
    reason: str
    is_signed: bool = False
    is_missing: bool = False
    is_another_day: bool = False


def typed_into(form: QueryDict) -> Typed:
    """Return what was typed into a gate's form."""
    prefix = "reason-"
    return Typed(
        reasons={
            name.removeprefix(prefix): line(str(form[name]))
            for name in form
            if name.startswith(prefix)
        },
        signed=frozenset(form.getlist("acknowledged")),
        note=line(form.get("note", ""))[:LONGEST_NOTE],
    )


def items_of(now: Diff) -> list[Item]:
    """Return the promises of a gate that nobody has typed into."""
    return [Item(change=one, reason=one.sentence) for one in now.broken]


def items_again(now: Diff, seen: Diff, typed: Typed) -> list[Item]:
    """Return the promises of a gate with what was typed into one before.

    Args:
        now: What is to be published now.
        seen: What was to be published when it was typed.
        typed: The reasons and signatures.
    """
    own = typed.own(seen.plan)
    signed = {
        one.order.number: one.planned
        for one in seen.orders
        if typed.acknowledged.get(one.order.number)
    }
    found = []
    for one in now.broken:
        number = one.order.number
        is_signed = number in signed and signed[number] == one.planned
        found.append(
            Item(
                change=one,
                reason=own.get(number, one.sentence),
                is_signed=is_signed,
                is_missing=not is_signed,
                is_another_day=number in signed and not is_signed,
            )
        )
    return found


def left_over(now: Diff | None, seen: Diff, typed: Typed) -> list[tuple[str, str]]:
    """Return order and reason of what was typed and has no promise to go to."""
    broken = {one.order.number for one in now.broken} if now else set()
    own = typed.own(seen.plan)
    return [(order, own[order]) for order in sorted(own) if order not in broken]


def line(text: str) -> str:
    """Return what was typed as one line; a field may be broken into several."""
    return " ".join(text.replace("\0", "").split())
