"""The demo's suppliers: 200 invented companies and what they promised.

``build_suppliers`` covers what the demo's stock does not; ``load_commitments`` makes
the ledger as large as a measurement wants. Same seed, same rows.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from factory.demo import DemoFactory
from factory.models import Site
from suppliers.demo_books import Storyteller, in_order
from suppliers.demo_ledger import write
from suppliers.demo_people import STORY_PART, Maker, build_makers, read_makers
from suppliers.models import Commitment, Supplier

FIRST_ORDER_NUMBER = 7_001
FIRST_LOADED_NUMBER = 100_001
LOADED_HISTORY_DAYS = 730
LOAD_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSuppliers:
    """What ``build_suppliers`` wrote.

    Attributes:
        makers: Every supplier with its part, in the order of the components.
        story: The supplier that has withdrawn its promise of leak sensors.
        commitments: How many were written.
    """

    makers: tuple[Maker, ...]
    story: Supplier
    commitments: int


@transaction.atomic
def build_suppliers(
    *, factory: DemoFactory, seed: int, as_of: datetime
) -> DemoSuppliers:
    """Write suppliers, people, sources, purchase orders and their ledgers.

    Args:
        factory: What the demo's factory wrote, and needs.
        seed: Of everything drawn.
        as_of: The demo's present, aware.
    """
    makers = build_makers(factory, seed)
    teller = Storyteller(as_of=as_of, zone=factory.zone, seed=f"{seed}:books")
    books = in_order([*teller.needed(factory, makers), *teller.others(makers)])
    commitments = write(factory.site, books, first_number=FIRST_ORDER_NUMBER, at=as_of)
    return DemoSuppliers(
        makers=tuple(makers),
        story=next(row.supplier for row in makers if row.part.code == STORY_PART),
        commitments=len(commitments),
    )


@transaction.atomic
def load_commitments(*, site: Site, total: int, seed: int, as_of: datetime) -> int:
    """Add lines of the last two years until the ledger has ``total``; return how many.

    They are of parts no rack consumes, so no plan changes by those still under way.

    Args:
        site: The receiving site.
        total: Commitments wanted in all; nothing is added if there are as many.
        seed: Of everything drawn.
        as_of: The present, aware.
    """
    missing = max(0, total - Commitment.objects.for_staff().count())
    zone = ZoneInfo(site.zone)
    teller = Storyteller(as_of=as_of, zone=zone, seed=f"{seed}:load")
    makers = read_makers()
    for start in range(0, missing, LOAD_CHUNK):
        books = [
            teller.past(makers[place % len(makers)], LOADED_HISTORY_DAYS)
            for place in range(start, min(missing, start + LOAD_CHUNK))
        ]
        write(site, in_order(books), first_number=FIRST_LOADED_NUMBER + start, at=as_of)
    return missing
