"""The demo's factory: one fictional site, its orders and its racks under way.

``build_factory`` writes rows and hands on what the demo of the suppliers and of the
schedule build upon. The same racks, seed and moment give the same rows everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from factory.demo_data import Component, PartNeed, components
from factory.demo_floor import lay_out, record
from factory.demo_orders import Buyers, build_orders
from factory.demo_outlook import build_outlook
from factory.demo_site import build_customers, build_products, build_site
from factory.demo_stock import build_stock
from factory.models import Customer, Order, Part, RackModel, Site

DEMO_SITE_CODE = "harrow-creek"
"""The code of the demo's site: what marks a database as a demo's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFactory:
    """What ``build_factory`` wrote.

    Attributes:
        site: The demo's one site.
        zone: Its time zone.
        as_of: The demo's present, aware.
        parts: Every part by code; 40 of them.
        components: What the data file says of each part, by code.
        models: Every rack model by code; three of them.
        customers: Fictional customers.
        orders: Every order, by due date; ``requested_date`` is its due date.
        needs: Rack-level parts' needs, by code.
    """

    site: Site
    zone: ZoneInfo
    as_of: datetime
    parts: Mapping[str, Part]
    components: Mapping[str, Component]
    models: Mapping[str, RackModel]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    needs: Mapping[str, PartNeed]

    @property
    def today(self) -> date:
        """Return the demo's present as a date at the site."""
        return self.as_of.astimezone(self.zone).date()


@transaction.atomic
def build_factory(*, racks: int, seed: int, as_of: datetime) -> DemoFactory:
    """Write the demo's factory into an empty database.

    Args:
        racks: How many to plan, some of them under way; at least 1.
        seed: Of order sizes, customers, dates and stock.
        as_of: The demo's present, aware, on a whole minute.
    """
    models, parts = build_products()
    site = build_site(models, as_of)
    customers = build_customers()
    given = Buyers(
        site=site, models=models, customers=customers, as_of=as_of, seed=seed
    )
    book = build_orders(given, racks)
    build_outlook(given, racks)
    states = lay_out(site, book, as_of, seed)
    record(states, as_of)
    return DemoFactory(
        site=site,
        zone=ZoneInfo(site.zone),
        as_of=as_of,
        parts=parts,
        components=components(),
        models=models,
        customers=customers,
        orders=book.orders,
        needs=build_stock(states, customers, as_of, seed),
    )
