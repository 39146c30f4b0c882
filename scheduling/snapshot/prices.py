"""What a plan costs: prices of the house from the settings, tariffs from the site."""

from datetime import timedelta

from django.conf import settings

from factory.models import Site
from scheduling.clock import SiteClock
from scheduling.engine.idle import DAYS_A_WEEK, HOURS_A_DAY, by_week
from scheduling.engine.problem import Prices
from scheduling.engine.profile import StepFunction
from scheduling.engine.units import (
    MINUTES_PER_DAY,
    MINUTES_PER_HOUR,
    Cents,
    Minutes,
    Watts,
)
from scheduling.models import GridSeries
from scheduling.queries.metered import metered_of
from scheduling.snapshot.amounts import steps

HOUR = timedelta(hours=1)


def prices_of(site: Site, clock: SiteClock, horizon: int) -> Prices:
    """Return a site's prices from minute 0 to the horizon, in cents. Two queries."""
    local = clock.moment(0).astimezone(clock.zone)
    minute_of_day = local.hour * MINUTES_PER_HOUR + local.minute
    return Prices(
        wip_per_day=Cents(settings.PRICE_WIP_CENTS_PER_DAY),
        move=Cents(settings.PRICE_MOVE_CENTS),
        move_fenced=Cents(settings.PRICE_MOVE_FENCED_CENTS),
        move_tolerance=Minutes(settings.MOVE_TOLERANCE_MIN),
        fence=Minutes(site.frozen_days * MINUTES_PER_DAY),
        broken_promise=Cents(settings.PRICE_BROKEN_PROMISE_CENTS),
        demand_per_kw=Cents(site.demand_cents_per_kw_month),
        demand_floor=Watts(metered_of(site, clock.day_of(0)).billed_w),
        averaging=Minutes(site.averaging_min),
        averaging_begun=Minutes(minute_of_day % site.averaging_min),
        energy_per_mwh=Cents(site.energy_cents_per_mwh),
        energy_steps=_energy_steps(site, clock, horizon),
    )


def _energy_steps(site: Site, clock: SiteClock, horizon: int) -> StepFunction | None:
    """Return the price of energy by the hour, by the site's newest series. One query.

    An hour the series has costs what it says; any other the mean of its hour of the
    week there, or the site's own price if the series has less than a week.
    """
    series = GridSeries.objects.filter(site=site, kind=GridSeries.Kind.PRICE).first()
    if series is None:
        return None
    week = [[float(site.energy_cents_per_mwh)] * HOURS_A_DAY] * DAYS_A_WEEK
    if len(series.values) >= DAYS_A_WEEK * HOURS_A_DAY:
        week = by_week(series.values, series.starts_at, clock.zone)
    first = clock.moment(0).replace(minute=0)
    points = []
    for passed in range(horizon // MINUTES_PER_HOUR + 2):
        at = first + passed * HOUR
        local = at.astimezone(clock.zone)
        known = (at - series.starts_at) // HOUR
        cents = week[local.weekday()][local.hour]
        if 0 <= known < len(series.values):
            cents = series.values[known]
        points.append((int(clock.minute(at)), round(cents)))
    return steps(points)
