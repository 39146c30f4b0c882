"""What a plan costs: prices of the house from the settings, tariffs from the site."""

from datetime import date

from django.conf import settings
from django.db.models import Max

from factory.models import Site
from scheduling.engine.problem import Prices
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes, Watts
from scheduling.models import MeteredPeak

FULL_PERCENT = 100
RATCHET_MONTHS = 11


def prices_of(site: Site, on: date) -> Prices:
    """Return a site's prices on a day of its own, in cents. One query."""
    return Prices(
        wip_per_day=Cents(settings.PRICE_WIP_CENTS_PER_DAY),
        move=Cents(settings.PRICE_MOVE_CENTS),
        move_fenced=Cents(settings.PRICE_MOVE_FENCED_CENTS),
        move_tolerance=Minutes(settings.MOVE_TOLERANCE_MIN),
        fence=Minutes(site.frozen_days * MINUTES_PER_DAY),
        broken_promise=Cents(settings.PRICE_BROKEN_PROMISE_CENTS),
        demand_per_kw=Cents(site.demand_cents_per_kw_month),
        demand_floor=Watts(ratchet_of(site, on)),
        energy_per_mwh=Cents(site.energy_cents_per_mwh),
    )


def ratchet_of(site: Site, on: date) -> int:
    """Return the watts that are billed whatever this month's peak is. One query.

    A share of the highest peak of the eleven months before; of the contract where no
    month is known.
    """
    months = 12 * on.year + on.month - 1
    since = date((months - RATCHET_MONTHS) // 12, (months - RATCHET_MONTHS) % 12 + 1, 1)
    highest = MeteredPeak.objects.filter(
        site=site, month__gte=since, month__lt=on.replace(day=1)
    ).aggregate(highest=Max("peak_w"))["highest"]
    metered = site.contracted_import_w if highest is None else int(highest)
    return metered * site.ratchet_percent // FULL_PERCENT
