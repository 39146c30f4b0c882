"""What sort of problem this is, and who works on it for how long."""

from dataclasses import dataclass, replace
from enum import StrEnum

from scheduling.engine.network.encode import Layout

SMALL = 40
"""Up to so many activities CP-SAT proves most problems in seconds."""
MANY = 4_000
"""Above so many activities CP-SAT's model takes more time and memory than it earns."""
HERD_WORK = 96_000
"""Individuals times activities that suit ten seconds: 800 of J120, 320 of RG300."""
SWAYING = 0.8
"""Share of the time in which plans are pushed to and fro."""
FEW = 1_500
"""Above so many CP-SAT adds nothing beside ruin and recreate."""
START_SHARE, PROOF_SHARE = 0.2, 0.3
"""Of the time, where insertion is blind: for a first plan at most, and for a proof
before parts of the plan are solved anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who works at the same time.

    Attributes:
        share: Part of the whole time; the last turn takes what is left.
        islands: Threads of search.
        solvers: Threads of CP-SAT.
        herd: Individuals of a genetic island.
        plans: Plans an island makes at most, or None.
        ruiners: Threads of ruin and recreate.
        starters: Threads on which CP-SAT looks for any plan; all stop at the first.
        neighbours: Threads on which CP-SAT solves parts of the best plan; without a
            plan they work on the whole.
        swayers: Threads that push plans to and fro.
        is_proof: Whether CP-SAT only proves: the plan is likely the best already.
    """

    share: float
    islands: int = 0
    solvers: int = 0
    herd: int = 0
    plans: int | None = None
    ruiners: int = 0
    starters: int = 0
    neighbours: int = 0
    swayers: int = 0
    is_proof: bool = False


class Kind(StrEnum):
    """What sort of problem it is."""

    SMALL = "small"
    """So few activities that CP-SAT proves most of them."""
    CYCLIC = "cyclic"
    """Lags with a most, or in cycles: insertion is blind, CP-SAT is not."""
    MODES = "modes"
    """Modes use up stocks, or jobs visit single machines."""
    JOBS = "jobs"
    """Many jobs on pools: ruin and recreate."""
    PROJECT = "project"
    """One network of activities: the genetic algorithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a search has to deal with.

    Attributes:
        count: Activities.
        workers: Threads that may work at the same time.
        seconds: How long.
        is_chain: Whether no bound is better than the longest chain.
        is_mixed: Whether jobs are all there from the start and the makespan counts:
            there neither the genetic algorithm nor ruin and recreate wins alone.
        can_sway: Whether plans can be pushed to and fro tick by tick.
    """

    count: int
    workers: int
    seconds: float
    is_chain: bool
    is_mixed: bool
    can_sway: bool = False

    @property
    def herd(self) -> int:
        """Return how many individuals can breed about a hundred times each."""
        size = HERD_WORK * min(2.0, self.seconds / 10) / self.count
        return int(max(40, min(800, size)))


def kind_of(layout: Layout, *, is_grouped: bool) -> Kind:
    """Return a problem's kind.

    Args:
        layout: The problem.
        is_grouped: Whether all work is for jobs that no lag connects.
    """
    count, net = layout.rank.size, layout.net
    if layout.is_cyclic:
        return Kind.CYCLIC
    if count <= SMALL:
        return Kind.SMALL
    has_modes = net.mode.shape[0] - 1 > count
    is_unary = net.capacity.size > 0 and int(net.capacity.max()) == 1
    if has_modes or is_unary:
        return Kind.MODES
    return Kind.JOBS if is_grouped else Kind.PROJECT


def turns(kind: Kind, effort: Outlook) -> tuple[Turn, ...]:
    """Return the turns of a search."""
    workers, herd = effort.workers, effort.herd
    solving = Turn(share=1.0, solvers=workers)
    if kind is Kind.CYCLIC:
        return (
            Turn(share=START_SHARE, starters=workers),
            Turn(share=PROOF_SHARE, solvers=workers),
            Turn(share=1.0, neighbours=workers),
        )
    if kind is Kind.SMALL:
        plans = 100 * effort.count
        return (
            Turn(share=0.05, islands=workers, herd=50, plans=plans),
            replace(solving, is_proof=True),
        )
    if kind is Kind.MODES:
        return (
            Turn(share=0.2, islands=workers, herd=min(100, herd)),
            Turn(share=PROOF_SHARE, solvers=workers),
            Turn(share=1.0, neighbours=workers),
        )
    if kind is Kind.JOBS:
        return _by_jobs(effort)
    if effort.count > MANY:
        return (Turn(share=1.0, islands=workers, herd=herd),)
    # Where the longest chain is the best bound, nothing is scarce enough to say more:
    # the herd stands still within a second, and CP-SAT propagates and proves.
    breeding = Turn(share=0.15 if effort.is_chain else 0.85, islands=workers, herd=herd)
    return (breeding, replace(solving, is_proof=effort.is_chain))


def _by_jobs(effort: Outlook) -> tuple[Turn, ...]:
    """Return the turns of many jobs; CP-SAT joins where its model is small enough."""
    workers = effort.workers
    if effort.can_sway and not effort.is_mixed:
        return (
            Turn(share=SWAYING, swayers=workers),
            Turn(share=1.0, ruiners=workers),
        )
    if effort.is_mixed and effort.count <= MANY:
        if workers == 1:
            return (
                Turn(share=0.5, islands=1, herd=effort.herd),
                Turn(share=1.0, ruiners=1),
            )
        half = workers // 2
        return (
            Turn(share=1.0, islands=workers - half, ruiners=half, herd=effort.herd),
        )
    if effort.count > FEW or workers == 1:
        return (Turn(share=1.0, ruiners=workers),)
    return (
        Turn(share=0.8, ruiners=workers),
        Turn(share=1.0, ruiners=workers - 1, solvers=1),
    )
