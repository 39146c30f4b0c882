"""How well promises become probabilities: a history replayed without looking ahead.

``suppliers.arrivals`` stands against two baselines: the promised date itself, and the
delays of all deliveries so far, each counted once. No Django.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from suppliers.arrivals import LEVELS, Habits, Outcome, arrival_of

TIE_ALLOWANCE: Final = 0.03
"""How far coverage may lie off its level, on either side of the ties."""

COLUMNS: Final = {
    "supplier": "vendor",
    "part": "product group",
    "promised": "scheduled delivery date",
    "arrived": "delivered to client date",
}
_FORMATS: Final = ("%d-%b-%y", "%Y-%m-%d")
_MONTHS: Final = 12


class HistoryError(ValueError):
    """Say what in a file of past deliveries cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How often a level was met.

    Attributes:
        level: In percent.
        before: Share of deliveries that came before the date of the level.
        by: Share that came by it.
    """

    level: int
    before: float
    by: float

    @property
    def holds(self) -> bool:
        """Say whether the level holds, ties counting for either side."""
        share = self.level / 100
        return self.before <= share + TIE_ALLOWANCE and self.by >= share - TIE_ALLOWANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year, judged on deliveries nobody had seen.

    Attributes:
        year: The calendar year.
        lines: Deliveries due in it and not made at the origin.
        coverage: By level.
        loss: Pinball loss in days, the mean over deliveries and levels.
        loss_promised: The same of the promised date.
        loss_pooled: The same of all delays so far, each counted once.
    """

    year: int
    lines: int
    coverage: tuple[Coverage, ...]
    loss: float
    loss_promised: float
    loss_pooled: float

    @property
    def holds(self) -> bool:
        """Say whether every level holds."""
        return all(item.holds for item in self.coverage)


def read_history(path: Path) -> list[Outcome]:
    """Return the deliveries of a CSV file with the columns of ``COLUMNS``.

    A delivery without a date of arrival has not come.

    Raises:
        HistoryError: If the file, a column or a date cannot be read; names the row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = set(COLUMNS.values()) - set(rows.fieldnames or ())
            if missing:
                raise HistoryError(
                    f"{path.name} lacks the column {', '.join(sorted(missing))}."
                )
            return [_outcome(row, number) for number, row in enumerate(rows, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HistoryError(f"{path.name} cannot be read: {error}.") from error


def _outcome(row: dict[str, str], number: int) -> Outcome:
    """Return one row as a delivery."""
    promised = _date(row, "promised", number)
    if promised is None:
        raise HistoryError(f"Row {number}: {COLUMNS['promised']} is empty.")
    return Outcome(
        supplier=row[COLUMNS["supplier"]] or "",
        part=row[COLUMNS["part"]] or "",
        promised=promised,
        arrived=_date(row, "arrived", number),
    )


def _date(row: dict[str, str], field: str, number: int) -> date | None:
    """Return a date such as 2-May-06 or 2006-05-02; None if empty."""
    text = (row[COLUMNS[field]] or "").strip()
    if not text:
        return None
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date
        except ValueError:
            continue
    raise HistoryError(f"Row {number}: {COLUMNS[field]} {text[:40]!r} is no date.")


def replay(outcomes: Sequence[Outcome], *, every_months: int = 12) -> Iterator[Year]:
    """Yield each year after the first that deliveries were due in.

    Args:
        outcomes: The history.
        every_months: Habits are learnt anew this often within a year: 12 is once, on
            1 January; 1 is the first of each month. Divides 12.
    """
    years = sorted({outcome.promised.year for outcome in outcomes})
    for year in years[1:]:
        origins = [date(year, m, 1) for m in range(1, _MONTHS + 1, every_months)]
        ends = [*origins[1:], date(year + 1, 1, 1)]
        found = [
            row
            for origin, end in zip(origins, ends, strict=True)
            for row in _forecast(outcomes, origin, end)
        ]
        if found:
            yield _judge(year, np.array(found, dtype=np.float64))


def _forecast(
    outcomes: Sequence[Outcome], origin: date, end: date
) -> Iterator[tuple[int, ...]]:
    """Yield delay, our delays and the pooled ones of each level, for what is open.

    Only what was known at the origin is used: deliveries made before it, and that
    those still open have not come.
    """
    habits = Habits.learn(outcomes, as_of=origin)
    known = [
        (outcome.arrived - outcome.promised).days
        for outcome in outcomes
        if outcome.arrived and outcome.arrived < origin and outcome.promised < origin
    ]
    pooled = _levels(known)
    shares = {}
    for outcome in outcomes:
        if not origin <= outcome.promised < end:
            continue
        if outcome.arrived is None or outcome.arrived < origin:
            continue
        key = (outcome.supplier, outcome.part)
        if key not in shares:
            shares[key] = habits.delays(supplier=key[0], part=key[1])
        arrival = arrival_of(shares[key], outcome.promised, today=origin)
        ours = ((arrival.at(level) - outcome.promised).days for level in LEVELS)
        yield ((outcome.arrived - outcome.promised).days, *ours, *pooled)


def _levels(delays: Sequence[int]) -> tuple[int, ...]:
    """Return the empirical quantiles of delays; on the day where there are none."""
    if not delays:
        return (0,) * len(LEVELS)
    shares = [level / 100 for level in LEVELS]
    found = np.quantile(delays, shares, method="inverted_cdf")
    return tuple(int(delay) for delay in found)


def _judge(year: int, rows: npt.NDArray[np.float64]) -> Year:
    """Return a year's figures."""
    delay, count = rows[:, 0], len(LEVELS)
    ours, pooled = rows[:, 1 : 1 + count], rows[:, 1 + count :]
    return Year(
        year=year,
        lines=len(rows),
        coverage=tuple(
            Coverage(
                level=level,
                before=float((delay < ours[:, place]).mean()),
                by=float((delay <= ours[:, place]).mean()),
            )
            for place, level in enumerate(LEVELS)
        ),
        loss=_pinball(delay, ours),
        loss_promised=_pinball(delay, np.zeros_like(ours)),
        loss_pooled=_pinball(delay, pooled),
    )


def _pinball(delay: npt.NDArray[np.float64], said: npt.NDArray[np.float64]) -> float:
    """Return the mean pinball loss over deliveries and levels, in days."""
    losses = []
    for place, level in enumerate(LEVELS):
        error = delay - said[:, place]
        share = level / 100
        losses.append(np.maximum(share * error, (share - 1) * error).mean())
    return float(np.mean(losses))


def mean_loss(years: Iterable[Year]) -> tuple[float, float, float]:
    """Return our loss, the promised date's and the pooled one's over all deliveries."""
    rows = [
        (year.lines, year.loss, year.loss_promised, year.loss_pooled) for year in years
    ]
    weights = [row[0] for row in rows]
    ours, promised, pooled = (
        float(np.average([row[place] for row in rows], weights=weights))
        for place in (1, 2, 3)
    )
    return ours, promised, pooled
