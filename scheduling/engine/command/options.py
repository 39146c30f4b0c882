"""What a search is asked for on the command line."""

from dataclasses import dataclass

Answer = dict[str, object]
"""What a command prints as one line of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to search.

    Attributes:
        seconds: Of search.
        workers: Threads at the same time.
        seed: Of all random numbers.
        is_deterministic: The same schedule for the same input, seed and versions.
        moves: For the rack form, exactly so many moves, or None.
    """

    seconds: float
    workers: int
    seed: int
    is_deterministic: bool = False
    moves: int | None = None
