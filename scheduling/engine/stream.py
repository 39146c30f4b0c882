"""Racks a week that a site makes under a changing cap: a year, decoded in pieces.

Racks without end of the models in hand, all parts there, nothing begun: what the
decoder places shows what bays, power, people and the cap let through. Each piece is
four weeks long; its first week fills the site and does not count.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scheduling.engine.bound import ceilings
from scheduling.engine.cut import model_of
from scheduling.engine.decode.board import Board
from scheduling.engine.decode.published import ends_of
from scheduling.engine.kernels import memory as t
from scheduling.engine.problem import (
    Problem,
    Progress,
    Rack,
    ResourceKind,
    Supply,
    SupplyKind,
)
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.units import MINUTES_PER_DAY, Cents, Minutes

MINUTES_PER_HOUR = 60
WEEK = 7 * MINUTES_PER_DAY
PIECE_WEEKS = 4
FILL_WEEKS = 1
PLENTY = 1.05
"""How many more racks than the highest ceiling a piece is offered."""
LATEST_WEEKS = 6
"""Racks that do not end by then have no place at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of the year.

    Attributes:
        number: From 0.
        of: How many there are.
        shipped: Racks done in the weeks that count.
        weeks: How many weeks count.
    """

    number: int
    of: int
    shipped: int
    weeks: int


def stream(
    problem: Problem, caps: Sequence[int] | npt.NDArray[np.int64]
) -> Iterator[Piece]:
    """Yield what each piece of a year ships.

    Args:
        problem: The site as it is; its racks give the mix of models alone.
        caps: Watts of import allowed, base load included, one an hour from minute 0.
    """
    hours = PIECE_WEEKS * WEEK // MINUTES_PER_HOUR
    caps = np.asarray(caps, np.int64)
    pieces = max(1, len(caps) // hours)
    models = _mixed([model_of(rack.template) for rack in problem.racks])
    site = _empty(problem)
    for number in range(pieces):
        piece = _under(site, caps[number * hours : (number + 1) * hours])
        piece = replace(piece, racks=_racks(models, _ceiling(piece)))
        yield Piece(
            number=number,
            of=pieces,
            shipped=_shipped(piece),
            weeks=PIECE_WEEKS - FILL_WEEKS,
        )


def _shipped(problem: Problem) -> int:
    """Return how many racks end in the weeks that count."""
    board = Board(problem)
    board.decode(range(board.racks), delay=False)
    ends = ends_of(board)
    placed = board.seat[:, t.PLACED] > 0
    counts = placed & (ends > FILL_WEEKS * WEEK) & (ends <= PIECE_WEEKS * WEEK)
    return int(counts.sum())


def _racks(models: Sequence[str], ceiling: float) -> tuple[Rack, ...]:
    """Return more racks than a piece can take, models in turn."""
    return tuple(
        Rack(
            key=f"S-{number:05}",
            order="S",
            template=models[number % len(models)],
            received=Minutes(0),
            release=Minutes(0),
            due=Minutes(PIECE_WEEKS * WEEK),
            promise=None,
            late_cents_per_day=Cents(1),
            progress=Progress(),
        )
        for number in range(round(PLENTY * ceiling * PIECE_WEEKS))
    )


def _empty(problem: Problem) -> Problem:
    """Return a site without racks, with parts without end."""
    horizon = Minutes(LATEST_WEEKS * WEEK)
    parts = {material.part for one in problem.templates for material in one.materials}
    return replace(
        problem,
        horizon=horizon,
        racks=(),
        templates=tuple(
            one for one in problem.templates if one.key == model_of(one.key)
        ),
        supplies=tuple(
            Supply(
                key=f"plenty:{part}",
                part=part,
                quantity=10**9,
                available=Minutes(0),
                kind=SupplyKind.STOCK,
            )
            for part in sorted(parts)
        ),
        curtailments=(),
        calendars=tuple(
            replace(one, open=_weekly(one.open, horizon)) for one in problem.calendars
        ),
        resources=tuple(
            replace(one, capacity=constant(one.capacity.highest()))
            if one.kind is not ResourceKind.SITE
            else one
            for one in problem.resources
        ),
        bays=tuple(replace(bay, capacity=constant(1)) for bay in problem.bays),
    )


def _mixed(models: Sequence[str]) -> list[str]:
    """Return models so that they take turns, each as often as it was."""
    counts = Counter(models)
    placed = [
        ((at + 0.5) / count, model)
        for model, count in counts.items()
        for at in range(count)
    ]
    return [model for _, model in sorted(placed)]


def _ceiling(problem: Problem) -> float:
    """Return the most racks a week that any one model alone could reach."""
    return max(
        min((one.racks_per_week for one in ceilings(problem, template.key)), default=1)
        for template in problem.templates
    )


def _weekly(
    windows: tuple[tuple[int, int], ...], until: int
) -> tuple[tuple[int, int], ...]:
    """Return the second week of a calendar again and again."""
    week = [
        (max(start, WEEK) - WEEK, min(end, 2 * WEEK) - WEEK)
        for start, end in windows
        if start < 2 * WEEK and end > WEEK
    ]
    found: list[tuple[int, int]] = []
    for first in range(0, until, WEEK):
        for start, end in week:
            if found and found[-1][1] >= first + start:
                found[-1] = (found[-1][0], first + end)
            else:
                found.append((first + start, first + end))
    return tuple(found)


def _under(problem: Problem, caps: npt.NDArray[np.int64]) -> Problem:
    """Return a problem whose import follows hourly caps, and the last one after."""
    base = problem.base_load
    times = sorted(
        {
            *(at * MINUTES_PER_HOUR for at in range(len(caps))),
            *(time for time in base.times if time < PIECE_WEEKS * WEEK),
        }
    )
    points: list[tuple[int, int]] = []
    for time in times:
        cap = int(caps[min(time // MINUTES_PER_HOUR, len(caps) - 1)])
        left = max(0, cap - base.at(time))
        if not points or points[-1][1] != left:
            points.append((time, left))
    capacity = StepFunction(
        times=tuple(time for time, _ in points),
        values=tuple(value for _, value in points),
    )
    return replace(
        problem,
        resources=tuple(
            replace(one, capacity=capacity) if one.kind is ResourceKind.SITE else one
            for one in problem.resources
        ),
    )
