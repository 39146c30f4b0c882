"""One quote in a worker, from claim to answer: snapshot, search, referee, reason."""

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.utils import timezone

from scheduling.clock import SiteClock
from scheduling.engine.bound import earliest
from scheduling.engine.errors import EngineError
from scheduling.engine.quote import Answer, Offer, quote
from scheduling.engine.schedule import PlannedStep
from scheduling.errors import SchedulingError
from scheduling.models import Quote
from scheduling.reasons import reasons_of
from scheduling.services import quotes
from scheduling.services.quotes import Found
from scheduling.services.scenarios import base_scenario
from scheduling.snapshot.asked import LEAD, Asked
from scheduling.snapshot.take import Snapshot, take

log = structlog.get_logger("rackline.quoting")

SEARCH_S = 2.0
"""Nine quotes of 2 to 12 racks beside 120 had the same date after 1 as after 6."""
SENTENCE_MOST, OWNER_MOST = 300, 80
UNEXPECTED = "The quote stopped on an unexpected error; the log has the whole story."
NO_MODEL = "{} has no routing steps, so it cannot be planned."


def execute(row: Quote, search_s: float = SEARCH_S) -> None:
    """Answer a claimed quote.

    Raises:
        Exception: What nobody expected, after the quote has failed with it.
    """
    try:
        _answer(row, search_s)
    except (EngineError, SchedulingError) as error:
        quotes.fail(row, str(error)[:SENTENCE_MOST])
    except Exception:
        log.exception("quote failed unexpectedly", quote=row.pk)
        quotes.fail(row, UNEXPECTED)
        raise


def _answer(row: Quote, search_s: float) -> None:
    """Search and write down what was found."""
    asked = Asked(
        prefix=f"quote-{row.pk}", rack_model=row.rack_model_id, quantity=row.quantity
    )
    # Read before the rows: what is published or booked meanwhile makes it outdated.
    basis = quotes.basis_of(row.site)
    snapshot = take(base_scenario(row.site), as_of=timezone.now(), asked=asked)
    known = {rack.key for rack in snapshot.problem.racks}
    if not known.issuperset(asked.keys):
        quotes.fail(row, NO_MODEL.format(row.rack_model.code))
        return
    found = quote(
        snapshot.problem,
        asked=asked.keys,
        time_limit_s=search_s,
        most_broken=row.most_promises,
    )
    quotes.answer(row, _found(snapshot, asked, found), basis)


def _found(snapshot: Snapshot, asked: Asked, answer: Answer) -> Found:
    """Return an answer in the columns of a quote."""
    firm, eased = answer.firm, answer.eased
    if firm is None:
        return Found(sentence=answer.sentence[:SENTENCE_MOST])
    clock = SiteClock(epoch=snapshot.epoch, zone=ZoneInfo(snapshot.problem.zone))
    last = _last(firm, asked)
    reason = reasons_of(snapshot.problem, firm.schedule)[last]
    alone = earliest(snapshot.problem)[last]
    bound = alone.material_ship
    if bound is None:
        bound = alone.physics_ship
    ships_on = clock.day_of(firm.ends)
    return Found(
        ships_on=ships_on,
        bound_on=min(ships_on, clock.day_of(max(0, bound))),
        moved_racks=len(firm.moved),
        eased_ships_on=None if eased is None else clock.day_of(eased.ends),
        eased_orders=[] if eased is None else list(eased.broken),
        limit=reason.limit,
        sentence=reason.sentence[:SENTENCE_MOST],
        owner=reason.owner[:OWNER_MOST],
        places=_places(snapshot, asked, firm, clock),
        reserved=_reserved(asked, firm),
    )


def _last(offer: Offer, asked: Asked) -> str:
    """Return the asked rack that is done last."""
    ends = {step.rack: step.end for step in offer.schedule.steps}
    return max(asked.keys, key=lambda key: ends[key])


def _places(
    snapshot: Snapshot, asked: Asked, offer: Offer, clock: SiteClock
) -> list[list[list[str]]]:
    """Return where each asked rack's steps are: code, start, bay code."""
    labels = {bay.key: bay.label for bay in snapshot.problem.bays}
    by_rack: dict[str, list[PlannedStep]] = defaultdict(list)
    for step in offer.schedule.steps:
        by_rack[step.rack].append(step)
    return [
        [
            [one.step, clock.moment(one.start).isoformat(), labels.get(one.bay, "")]
            for one in by_rack[key]
        ]
        for key in asked.keys
    ]


def _reserved(asked: Asked, offer: Offer) -> list[list[list[Any]]]:
    """Return the pieces of each asked rack that would have to be ordered."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for peg in offer.schedule.pegs:
        if peg.supply.startswith(LEAD):
            parts = found[peg.rack]
            parts[peg.part] = parts.get(peg.part, 0) + peg.quantity
    return [[[part, n] for part, n in found[key].items()] for key in asked.keys]
