"""What a plan costs: prices of the house from the settings, tariffs from the site."""

from django.conf import settings

from factory.models import Site
from scheduling.engine.problem import Prices
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes, Watts

FULL_PERCENT = 100


def prices_of(site: Site) -> Prices:
    """Return a site's prices, in cents.

    The ratchet bills a share of the contract at least, whatever the peak.
    """
    floor = site.contracted_import_w * site.ratchet_percent // FULL_PERCENT
    return Prices(
        wip_per_day=Cents(settings.PRICE_WIP_CENTS_PER_DAY),
        move=Cents(settings.PRICE_MOVE_CENTS),
        move_fenced=Cents(settings.PRICE_MOVE_FENCED_CENTS),
        move_tolerance=Minutes(settings.MOVE_TOLERANCE_MIN),
        fence=Minutes(site.frozen_days * MINUTES_PER_DAY),
        broken_promise=Cents(settings.PRICE_BROKEN_PROMISE_CENTS),
        demand_per_kw=Cents(site.demand_cents_per_kw_month),
        demand_floor=Watts(floor),
        energy_per_mwh=Cents(site.energy_cents_per_mwh),
    )
