"""Random numbers whose state is an array, so that a run can be repeated anywhere."""

import numpy as np

from scheduling.engine.kernels.compile import compiled
from scheduling.engine.network.kernels.net import Wide


@compiled
def drawn(state: Wide) -> int:
    """Return the next random number of 31 bits (xorshift; the state is never 0)."""
    word = np.uint64(state[0])
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    state[0] = np.int64(word)
    return int(word >> np.uint64(33))


@compiled
def below(state: Wide, count: int) -> int:
    """Return a number from 0 to ``count - 1``."""
    return drawn(state) % count


@compiled
def share(state: Wide) -> float:
    """Return a number from 0 to 1, 1 excluded."""
    return drawn(state) / 2147483648.0


@compiled
def shuffle(state: Wide, values: Wide, count: int) -> None:
    """Put the first values into a random order."""
    for at in range(count - 1, 0, -1):
        other = drawn(state) % (at + 1)
        values[at], values[other] = values[other], values[at]
