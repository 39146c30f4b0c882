"""What sort of problem this is, and who works on it for how long."""

from dataclasses import dataclass

from scheduling.engine.network.encode import Layout

SMALL = 40
"""Up to so many activities CP-SAT proves most problems in seconds."""
MANY = 4_000
"""Above so many activities CP-SAT's model takes more time and memory than it earns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who works at the same time.

    Attributes:
        share: Part of the whole time; the last turn takes what is left.
        islands: Threads of search.
        solvers: Threads of CP-SAT.
        herd: Individuals of a genetic island.
        plans: Plans an island makes at most, or None.
    """

    share: float
    islands: int = 0
    solvers: int = 0
    herd: int = 0
    plans: int | None = None


def turns(layout: Layout, workers: int) -> tuple[Turn, ...]:
    """Return the turns of a search by the problem's shape."""
    count = layout.rank.size
    if layout.is_cyclic:
        return (Turn(share=1.0, solvers=workers),)
    if count <= SMALL:
        return (
            Turn(share=0.05, islands=workers, herd=50, plans=100 * count),
            Turn(share=1.0, solvers=workers),
        )
    has_modes = layout.net.mode.shape[0] - 1 > count
    if has_modes:
        return (
            Turn(share=0.2, islands=workers, herd=100),
            Turn(share=1.0, solvers=workers),
        )
    if count > MANY:
        return (Turn(share=1.0, islands=workers, herd=60),)
    return (
        Turn(share=0.75, islands=workers, herd=300),
        Turn(share=1.0, solvers=workers),
    )
