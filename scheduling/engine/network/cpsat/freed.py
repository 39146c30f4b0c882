"""Which activities a neighbourhood frees, around one that chance draws."""

import numpy as np

from scheduling.engine.network.encode import Layout
from scheduling.engine.network.kernels.net import DURATION
from scheduling.engine.network.links import neighbours, users
from scheduling.engine.network.search.record import Incumbent


class Freer:
    """Draws neighbourhoods of plans for one problem.

    Attributes:
        kinds: What it can draw: ``near`` in time, at one moment (``window``), linked by
            lags (``network``), holding one resource about the same time (``resource``),
            and at ``random``.
    """

    kinds = ("near", "window", "network", "resource", "random")

    def __init__(self, layout: Layout, chance: np.random.Generator) -> None:
        """Read who is linked to whom, and who can hold what."""
        self._layout, self._chance = layout, chance
        self._linked = neighbours(layout.problem)
        self._users = users(layout.problem)

    def draw(self, kind: str, plan: Incumbent, size: int) -> set[int]:
        """Return so many activities, or all there are of the kind."""
        chance, count = self._chance, plan.start.size
        if kind == "random":
            return set(chance.permutation(count)[:size].tolist())
        if kind == "network":
            return self._by_network(size)
        length = self._layout.net.mode[plan.mode, DURATION]
        middle = plan.start + length / 2
        seed = int(chance.integers(count))
        if kind == "window":
            moment = chance.uniform(0, float((plan.start + length).max()))
            off = np.abs(middle - moment) - length / 2
            places = np.lexsort((chance.random(count), np.maximum(off, 0)))
            return set(places[:size].tolist())
        among = np.arange(count)
        if kind == "resource":
            among = np.array(self._companions(seed), np.int64)
        off = np.abs(middle[among] - middle[seed]) * (0.5 + chance.random(among.size))
        return set(among[np.argsort(off, kind="stable")[:size]].tolist())

    def _companions(self, seed: int) -> list[int]:
        """Return all that can hold one of the resources that an activity can hold."""
        modes = self._layout.problem.activities[seed].modes
        keys = sorted({key for mode in modes for key, _ in mode.uses})
        if not keys:
            return [seed]
        return self._users[keys[int(self._chance.integers(len(keys)))]]

    def _by_network(self, size: int) -> set[int]:
        """Return activities that hang together by lags; from elsewhere if too few."""
        free: set[int] = set()
        for first in self._chance.permutation(len(self._linked)).tolist():
            edge = [first] if first not in free else []
            while edge and len(free) < size:
                at = edge.pop(int(self._chance.integers(len(edge))))
                if at not in free:
                    free.add(at)
                    edge += self._linked[at]
            if len(free) >= size:
                break
        return free
