"""First plans of a large problem: each dispatch rule is decoded by whoever is free.

While the run's worker lays the problem out and has its first plan refereed, helpers lay
it out too and decode the rules, the last one first. What they have not begun by then,
the run's worker decodes itself.
"""

from collections.abc import Callable, Collection, Sequence
from time import sleep

from scheduling.engine.decode.board import Seats
from scheduling.engine.rules import RULES
from scheduling.engine.spread.message import Answer, Way, rule_question
from scheduling.engine.spread.rounds import LOOK_EVERY_S, Helpers, Task

WAYS = tuple(Way(rule=rule, waits=waits) for rule in RULES for waits in (False, True))
"""What does not wait is placed in half the time: it comes first."""


class FirstPlans:
    """What helpers make of the dispatch rules, if anybody helps."""

    def __init__(
        self,
        helpers: Helpers | None,
        ways: Sequence[Way],
        without: tuple[Collection[str], Collection[str]],
    ) -> None:
        """Ask for them.

        Args:
            helpers: Who makes them.
            ways: The last one is begun first.
            without: Racks left out from the beginning, and racks not looked at.
        """
        self._helpers = helpers
        if helpers is not None:
            helpers.offer(
                [
                    Task(
                        question=rule_question(way, without),
                        seconds=0.0,
                        seed=0,
                        cooled=0.0,
                    )
                    for way in reversed(ways)
                ]
            )

    def taken(self) -> int:
        """Return how many somebody has begun: so many from the last one on."""
        return 0 if self._helpers is None else self._helpers.taken()

    def best(self, *, waits: Callable[[], bool]) -> Seats | None:
        """Return the cheapest one, if any has come.

        Args:
            waits: Whether there is time for those that are begun.
        """
        if self._helpers is None:
            return None
        while len(self._helpers.answers()) < self._helpers.taken() and waits():
            sleep(LOOK_EVERY_S)
        answers = self._helpers.answers().values()
        found = [Answer.from_bytes(data).seats for data in answers]
        return min(found, key=lambda seats: seats.price, default=None)
