"""How long and how CP-SAT works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long and how CP-SAT works.

    Attributes:
        seconds: By the clock.
        workers: Threads.
        seed: Of its random numbers.
        ticks: Deterministic time instead of the clock, or None.
        is_start: Whether to look for any plan and to stop there.
        is_proof: Whether all threads search the whole tree: none looks for plans only.
    """

    seconds: float
    workers: int
    seed: int
    ticks: float | None = None
    is_start: bool = False
    is_proof: bool = False
