"""What the utility metered month by month, and what it bills at least for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from factory.models import Site
from scheduling.models import MeteredPeak

FULL_PERCENT = 100
RATCHET_MONTHS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Peaks that the ratchet looks back at.

    Attributes:
        months: The newest first.
        highest: The one that counts; None while no month is known.
        billed_w: Watts that are billed whatever this month's peak is.
    """

    months: Sequence[MeteredPeak]
    highest: MeteredPeak | None
    billed_w: int


def metered_of(site: Site, on: date) -> Metered:
    """Return what a site's ratchet stands on, on a day of its own. One query.

    A share of the highest peak of the eleven months before; of the contract where no
    month is known.
    """
    months = list(
        MeteredPeak.objects.filter(
            site=site, month__gte=_since(on), month__lt=on.replace(day=1)
        )
    )
    highest = max(months, key=lambda one: one.peak_w, default=None)
    watts = site.contracted_import_w if highest is None else highest.peak_w
    return Metered(
        months=months,
        highest=highest,
        billed_w=watts * site.ratchet_percent // FULL_PERCENT,
    )


def _since(on: date) -> date:
    """Return the first day of the oldest month that the ratchet looks back at."""
    months = 12 * on.year + on.month - 1 - RATCHET_MONTHS
    return date(months // 12, months % 12 + 1, 1)
