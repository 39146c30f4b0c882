"""Raises prices where more is taken than there is, step by step, to a better bound."""

from collections.abc import Iterator

import numpy as np

from scheduling.engine.bounds.priced.kernel import Reals
from scheduling.engine.bounds.priced.relaxation import Relaxation

AIM = 0.02
"""At first the best bound is believed to be that share higher than what is known."""
PATIENCE = 20
"""Steps without a gain after which less is believed, and the best prices taken up."""
RISES = 8
"""Gains in between after which more is believed."""
SHRINK = 0.7
"""What is believed is so much less after such a while, or more after such gains."""
GAIN = 0.02
"""A gain is at least that share of what is believed."""
ENOUGH = 1e-5
"""The end comes when no more than this share is believed to be left."""
KEPT = 0.7
"""Share of the last direction in the next one."""
SPREAD = 0.2
"""Racks spread over what costs them so many times more than is believed to be left to
each of them."""
HALVINGS = 50


def ascend(relaxation: Relaxation) -> Iterator[tuple[float, Reals]]:
    """Yield after each step the best bound so far, and its prices.

    Polyak's step towards what is believed to be reachable, along a direction that
    remembers the last ones; less is believed when nothing has been gained for long, and
    more when gains follow each other. The same problem gives the same steps.
    """
    prices = relaxation.nothing()
    value, slope = relaxation.evaluate(prices, 1.0)
    best = value, slope, prices
    direction = np.zeros_like(prices)
    whole = max(abs(value), relaxation.hour_late)
    hope = AIM * whole
    waited = gains = 0
    yield value, prices
    while hope > ENOUGH * whole:
        slope = np.where((prices <= 0) & (slope < 0), 0.0, slope)
        direction = KEPT * direction + (1 - KEPT) * slope
        steep = float(direction @ direction)
        if not steep:
            return
        step = (best[0] + hope - value) / steep
        prices = _allowed(relaxation, prices + step * direction)
        value, slope = relaxation.evaluate(prices, SPREAD * hope / relaxation.racks)
        is_gain = value >= best[0] + GAIN * hope
        waited, gains = (0, gains + 1) if is_gain else (waited + 1, gains)
        if value > best[0]:
            best = value, slope, prices
        if gains >= RISES:
            gains, hope = 0, hope / SHRINK
        if waited > PATIENCE:
            waited, gains, hope = 0, 0, SHRINK * hope
            value, slope, prices = best
            direction = np.zeros_like(prices)
        yield best[0], best[2]


def _allowed(relaxation: Relaxation, prices: Reals) -> Reals:
    """Return the nearest prices of which none is negative and the meter's add up."""
    found: Reals = np.maximum(prices, 0.0)
    meter, weights = found[relaxation.meter], relaxation.weights
    if meter @ weights <= relaxation.most:
        return found
    low, high = 0.0, float((meter / weights).max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if np.maximum(meter - middle * weights, 0.0) @ weights > relaxation.most:
            low = middle
        else:
            high = middle
    found[relaxation.meter] = np.maximum(meter - high * weights, 0.0)
    return found
