"""First plans of a large problem, made by helpers while the first one is refereed.

The run's worker lays the problem out, decodes one dispatch rule and has that plan
refereed. Helpers lay it out too meanwhile, and decode the other rules, nothing waiting.
What they have not made by then nobody makes: a second of search is worth more.
"""

from collections.abc import Collection, Sequence

from scheduling.engine.decode.board import Seats
from scheduling.engine.rules import RULES
from scheduling.engine.spread.message import Answer, Way, rule_question
from scheduling.engine.spread.rounds import Helpers, Task

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
            ways: How; those that wait take longest and are not asked for.
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
                    for way in ways
                    if not way.waits
                ]
            )

    @property
    def is_begun(self) -> bool:
        """Return whether somebody makes them."""
        return self._helpers is not None and self._helpers.taken() > 0

    def best(self) -> Seats | None:
        """Return the cheapest one, if any has come."""
        answers = {} if self._helpers is None else self._helpers.answers()
        found = [Answer.from_bytes(data).seats for data in answers.values()]
        return min(found, key=lambda seats: seats.price, default=None)
