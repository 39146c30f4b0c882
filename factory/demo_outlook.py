"""What the demo's customers are expected to ask for in the quarters ahead."""

from typing import Final

from factory.demo_orders import Buyers
from factory.models import DemandOutlook
from factory.quarters import next_quarter, quarter_of

QUARTERS: Final = 8
FORTNIGHTS_A_QUARTER: Final = 6
"""The demo's orders fill two weeks; a quarter has six such, and a week to spare."""

GROWTH_PERMILLE: Final = 60
# Share of the racks of a quarter by model, per mille: now, and how it drifts a quarter.
_MIX: Final = {"GB200": (300, -40), "GB300": (500, -30), "VR200": (200, 70)}


def build_outlook(given: Buyers, racks: int) -> None:
    """Write how many racks of each model each of eight quarters will ask for.

    Args:
        given: Site, models and the demo's present.
        racks: What two weeks of the demo ask for.
    """
    quarter = quarter_of(given.as_of.date())
    rows = []
    for ahead in range(QUARTERS):
        total = racks * FORTNIGHTS_A_QUARTER * (1_000 + GROWTH_PERMILLE * ahead)
        for code, model in given.models.items():
            now, drift = _MIX[code]
            share = max(0, now + drift * ahead)
            rows.append(
                DemandOutlook(
                    site=given.site,
                    rack_model=model,
                    starts_on=quarter,
                    racks=total * share // 1_000_000,
                )
            )
        quarter = next_quarter(quarter)
    DemandOutlook.objects.bulk_create(rows)
