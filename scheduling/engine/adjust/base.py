"""What every adjustment is: named, bounded, applied to a frozen problem, told in words.

An adjustment refuses nonsense twice: numbers out of range when it is made, and objects
that the problem does not have when it is applied; each time by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from scheduling.engine.errors import EngineError
from scheduling.engine.problem import Problem, Rack, Supply, SupplyKind
from scheduling.engine.units import Minutes

MINUTE = timedelta(minutes=1)


class AdjustmentError(EngineError):
    """Refuse an adjustment; the message names object, field and limit."""

    code = "invalid_adjustment"


class Asks(StrEnum):
    """What a field of an adjustment names or counts; forms and contracts follow it."""

    BAY = "bay"
    POWER = "power"
    PLACE = "place"
    CREW = "crew"
    CALENDAR = "calendar"
    OUTAGE = "outage"
    SUPPLIER = "supplier"
    PART = "part"
    ORDER = "order"
    MODEL = "model"
    COUNT = "count"
    WATTS = "watts"
    DAY = "day"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How one field of an adjustment is asked for.

    Attributes:
        asks: What it names or counts.
        label: What people call it.
        least: Lowest value of a number.
        most: Highest value of a number.
    """

    asks: Asks
    label: str
    least: int = 0
    most: int = 0


def ask(asks: Asks, label: str, least: int = 0, most: int = 0) -> Any:  # noqa: ANN401
    """Return a dataclass field that knows how it is asked for."""
    question = Question(asks=asks, label=label, least=least, most=most)
    return field(metadata={"question": question})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """When a part ordered now could be used, and who would bring it.

    Attributes:
        available: First usable minute.
        owner: The supplier.
        label: What people call it.
    """

    available: Minutes
    owner: str
    label: str


Leads = Mapping[str, Lead]
"""By part; parts nobody may buy are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(ABC):
    """One assumption over live data.

    Class attributes: ``kind`` is its name in JSON, ``title`` what people call it,
    ``is_plan`` whether it is a decision of the plan alone rather than of the world.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    is_plan: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range and names left empty."""
        for name, question in questions_of(type(self)).items():
            _refuse(self.title, question, getattr(self, name))

    @property
    @abstractmethod
    def words(self) -> str:
        """Return the assumption in a few words, without a full stop."""

    @property
    def first(self) -> str:
        """Return what has to become true before a plan may rest on it."""
        return ""

    @property
    def stretch_days(self) -> int:
        """Return how many days longer all work may take because of it."""
        return 0

    @abstractmethod
    def apply(self, problem: Problem, leads: Leads) -> Problem:
        """Return the problem in which the assumption holds.

        Raises:
            AdjustmentError: If the problem lacks what the adjustment names.
        """


def questions_of(kind: type[Adjustment]) -> dict[str, Question]:
    """Return what is asked of a kind of adjustment, by field."""
    return {one.name: one.metadata["question"] for one in fields(kind)}


NUMBERS = (Asks.COUNT, Asks.WATTS)


def _refuse(title: str, question: Question, value: object) -> None:
    """Refuse one field's value.

    Raises:
        AdjustmentError: Names the field, the value and the limit.
    """
    if question.asks in NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool):
            raise AdjustmentError(
                f"{title}: {question.label} is {value!r}; a whole number is needed."
            )
        if value == 0 or not question.least <= value <= question.most:
            raise AdjustmentError(
                f"{title}: {question.label} is {value:,}; it must lie between "
                f"{question.least:,} and {question.most:,} and not be 0."
            )
        return
    if not isinstance(value, str) or not value.strip() or len(value) > 80:  # noqa: PLR2004
        raise AdjustmentError(f"{title}: {question.label} is missing.")
    if question.asks == Asks.DAY:
        _parsed(title, question.label, value, date.fromisoformat, "a date")
    if question.asks == Asks.CLOCK:
        _parsed(title, question.label, value, datetime.fromisoformat, "a moment")


def _parsed(title: str, label: str, value: str, read: Any, what: str) -> None:  # noqa: ANN401
    try:
        read(value)
    except ValueError:
        raise AdjustmentError(f"{title}: {label} is {value!r}; not {what}.") from None


def missing(kind: str, name: str) -> AdjustmentError:
    """Return the refusal of something that the problem does not have."""
    return AdjustmentError(f"There is no {kind} {name} in the live data any more.")


def minute_at(problem: Problem, moment: str) -> int:
    """Return the minute of a moment; without an offset the site's zone is meant."""
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(problem.zone))
    return (at - datetime.fromisoformat(problem.epoch)) // MINUTE


def racks_of(problem: Problem, order: str) -> list[Rack]:
    """Return the racks of an order that are to plan.

    Raises:
        AdjustmentError: If there are none.
    """
    found = [rack for rack in problem.racks if rack.order == order]
    if not found:
        raise AdjustmentError(f"Order {order} has no racks left to plan.")
    return found


def has_begun(rack: Rack) -> bool:
    """Return whether any step of a rack is done or under way."""
    return rack.progress.done > 0 or rack.progress.running is not None


def bought(problem: Problem, racks: list[Rack], leads: Leads) -> tuple[Supply, ...]:
    """Return supplies that give racks what they need, ordered now.

    A part without a source is left out: its racks then wait for what is promised.
    """
    templates = {one.key: one for one in problem.templates}
    needed: dict[str, int] = {}
    for rack in racks:
        for material in templates[rack.template].materials:
            needed[material.part] = needed.get(material.part, 0) + material.quantity
    taken = {supply.key for supply in problem.supplies}
    made = []
    for part, quantity in sorted(needed.items()):
        lead = leads.get(part)
        if lead is None:
            continue
        number = 1
        while (key := f"what-if:{part}:{number}") in taken:
            number += 1
        made.append(
            Supply(
                key=key,
                part=part,
                quantity=quantity,
                available=lead.available,
                kind=SupplyKind.TRANCHE,
                owner=lead.owner,
                label=lead.label,
            )
        )
    return tuple(made)
