"""Lateness when racks share one limit at a time, whichever is slowest by then."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from scheduling.engine.bounds.alone import Alone
from scheduling.engine.bounds.machines import Machine
from scheduling.engine.bounds.reason import Reason

MOST_LAYERS = 6
"""Prices of lateness are rounded down to so many, since each costs a pass."""

MOST_MACHINES = 3
"""Only the slowest limits that work wears out are looked at in each pass."""

MOST_MODELS = 6
"""Beyond so many models they are not looked at one by one."""

Sorted = npt.NDArray[np.int64]
Ends = dict[tuple[str, ...], dict[Machine, Sorted | None]]
"""Sorted ends of racks by machine, as far as they have been asked for."""


class Relaxed:
    """Bounds lateness and broken promises of racks.

    Of racks sorted by their ends the k-th is done no earlier than the k-th through any
    one limit, so the slowest limit counts for each place by itself.
    """

    def __init__(
        self, racks: Sequence[Alone], every: Sequence[Machine], known: Ends
    ) -> None:
        """Choose what to look at.

        Args:
            racks: What is planned, each alone.
            every: All limits.
            known: Kept between calls; machines are told apart by what they are.
        """
        self._alone = {one.rack.key: one.end for one in racks}
        self._racks, self._known = racks, known
        models = sorted({one.template.key for one in racks})
        self._models = models if len(models) <= MOST_MODELS else []
        self._machines = {
            model: self._slowest(every, self._of_model(racks, model))
            for model in ("", *self._models)
        }

    def least_lateness(self) -> int:
        """Return late minutes × cents a day that no plan can undercut.

        Prices are split into layers: a rack at 5 is one at 3 and one at 2, and each
        layer is bounded for all the racks it holds.
        """
        due = [one for one in self._racks if one.rack.due is not None]
        prices = sorted({one.rack.late_cents_per_day for one in due} - {0})
        step = -(-len(prices) // MOST_LAYERS) or 1
        total = below = 0
        for price in prices[::step]:
            layer = [one for one in due if one.rack.late_cents_per_day >= price]
            total += (price - below) * self._late_minutes(layer)
            below = price
        alone = sum(
            max(0, one.end - one.rack.due) * one.rack.late_cents_per_day
            for one in due
            if one.rack.due is not None
        )
        return max(total, alone)

    def least_broken(self) -> int:
        """Return how many promises no plan can keep."""
        promised = [one for one in self._racks if one.rack.promise is not None]

        def broken(group: Sequence[Alone], model: str) -> int:
            days = sorted(
                one.rack.promise for one in group if one.rack.promise is not None
            )
            return _not_kept(self._sorted_ends(group, model).tolist(), days)

        alone = sum(
            one.end > one.rack.promise
            for one in promised
            if one.rack.promise is not None
        )
        return max(self._together_or_apart(promised, broken), alone)

    def reason(self) -> Reason | None:
        """Return the limit that makes racks late for most minutes, if one does.

        Its window runs from the first day it makes a rack miss to that rack's end.
        """
        due = [one for one in self._racks if one.rack.due is not None]
        late: defaultdict[int, int] = defaultdict(int)
        windows: dict[int, tuple[int, int]] = {}
        every = self._machines[""]
        rows = [self._ends_on(machine, _keys(due)) for machine in every]
        days = sorted(one.rack.due for one in due if one.rack.due is not None)
        for place, end in enumerate(self._sorted_ends(due, "").tolist()):
            if end <= days[place]:
                continue
            for at, row in enumerate(rows):
                if row is not None and row[place] == end:
                    late[at] += end - days[place]
                    first, last = windows.get(at, (days[place], end))
                    windows[at] = min(first, days[place]), max(last, end)
                    break
        if not late:
            return None
        at = max(late, key=lambda one: late[one])
        return every[at].reason(*windows[at])

    def _slowest(
        self, every: Sequence[Machine], racks: Sequence[Alone]
    ) -> list[Machine]:
        """Return all parts, and the few other limits that keep these racks longest."""
        waits, keys = {}, _keys(racks)
        for machine in every:
            if not machine.is_stored:
                ends = self._ends_on(machine, keys)
                waits[machine.key] = 0 if ends is None else int(ends.sum())
        others = [machine for machine in every if not machine.is_stored]
        others.sort(key=lambda machine: (-waits[machine.key], machine.key))
        stored = [machine for machine in every if machine.is_stored]
        return [*stored, *others[:MOST_MACHINES]]

    def _late_minutes(self, racks: Sequence[Alone]) -> int:
        def late(group: Sequence[Alone], model: str) -> int:
            due = sorted(one.rack.due for one in group if one.rack.due is not None)
            ends = self._sorted_ends(group, model)
            return int(np.maximum(0, ends - np.array(due, np.int64)).sum())

        alone = sum(
            max(0, one.end - one.rack.due) for one in racks if one.rack.due is not None
        )
        return max(self._together_or_apart(racks, late), alone)

    def _together_or_apart(
        self, racks: Sequence[Alone], least: Callable[[Sequence[Alone], str], int]
    ) -> int:
        """Return the better bound: all racks in one, or model by model added up."""
        apart = sum(
            least(self._of_model(racks, model), model) for model in self._models
        )
        return max(least(racks, ""), apart)

    @staticmethod
    def _of_model(racks: Sequence[Alone], model: str) -> list[Alone]:
        return [one for one in racks if model in {"", one.template.key}]

    def _sorted_ends(self, racks: Sequence[Alone], model: str) -> Sorted:
        """Return bounds on the racks' sorted ends."""
        found = np.sort(np.array([one.end for one in racks], np.int64))
        keys = _keys(racks)
        for machine in self._machines[model]:
            ends = self._ends_on(machine, keys)
            if ends is not None:
                np.maximum(found, ends, out=found)
        return found

    def _ends_on(self, machine: Machine, keys: tuple[str, ...]) -> Sorted | None:
        """Return the racks' sorted ends if this limit were the only one.

        None if it lets nothing through, or has nothing to do.
        """
        known = self._known.setdefault(keys, {})
        if machine not in known:
            through = machine.completions(keys)
            others = [self._alone[key] for key in keys if key not in machine.jobs]
            known[machine] = (
                np.sort(np.array([*through, *others], np.int64)) if through else None
            )
        return known[machine]


def _keys(racks: Sequence[Alone]) -> tuple[str, ...]:
    return tuple(one.rack.key for one in racks)


def _not_kept(ends: Sequence[int], promises: Sequence[int]) -> int:
    kept = 0
    for promise in promises:
        if ends[kept] <= promise:
            kept += 1
    return len(promises) - kept
