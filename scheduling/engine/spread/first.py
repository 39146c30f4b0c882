"""First plans of a large problem, made by helpers while the first one is refereed.

The run's worker lays the problem out, decodes one dispatch rule and has that plan
refereed. Helpers lay it out too meanwhile, and decode the other rules.
What they have not made by then nobody makes: a second of search is worth more.
"""

from collections.abc import Collection, Sequence

from scheduling.engine.decode.board import Seats
from scheduling.engine.spread.message import Answer, rule_question
from scheduling.engine.spread.rounds import Helpers, Task


class FirstPlans:
    """What helpers make of the dispatch rules, if anybody helps."""

    def __init__(
        self,
        helpers: Helpers | None,
        rules: Sequence[str],
        without: tuple[Collection[str], Collection[str]],
    ) -> None:
        """Ask for them.

        Args:
            helpers: Who makes them.
            rules: By which dispatch rules.
            without: Racks left out from the beginning, and racks not looked at.
        """
        self._helpers = helpers
        if helpers is not None:
            helpers.offer(
                [
                    Task(
                        question=rule_question(rule, without),
                        seconds=0.0,
                        seed=0,
                        cooled=0.0,
                    )
                    for rule in rules
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
