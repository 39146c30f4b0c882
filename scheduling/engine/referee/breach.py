"""What the referee reports: one limit broken, by how much, when, and whose it is."""

from dataclasses import dataclass
from enum import StrEnum

from scheduling.engine.units import Minutes


class BreachKind(StrEnum):
    """Who broke a limit."""

    MADE = "made"
    """The plan did."""
    INHERITED = "inherited"
    """What is started, held or pinned breaks it by itself."""


class Rule(StrEnum):
    """The rule that was broken."""

    ROUTING = "routing"
    """Every rack wholly planned or wholly left out, in known steps."""
    ORDER = "order"
    """Steps one after the other."""
    WINDOW = "window"
    """Nothing before minute 0 or release, nothing after the horizon."""
    FACT = "fact"
    """What is running goes on as it is."""
    PIN = "pin"
    """Starts a planner has fixed."""
    PHASES = "phases"
    """Phases cover their step and carry its work."""
    CALENDAR = "calendar"
    """People work while their calendar is open."""
    SOAK = "soak"
    """Whole blocks, at known levels, paused only between them."""
    BAY = "bay"
    """One fitting bay, one rack at a time, while it is in service."""
    BAY_STAY = "bay_stay"
    """A bay is held no longer than allowed."""
    PLACE = "place"
    """Places of work centres."""
    PEOPLE = "people"
    """People of a crew."""
    POWER = "power"
    """Watts of a node or the site."""
    COOLING = "cooling"
    """Watts of a cooling loop."""
    MATERIAL = "material"
    """Parts pegged, in time, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One limit that a schedule does not keep.

    Attributes:
        kind: Made by the plan or inherited.
        rule: The rule broken.
        object: Key of what is at fault: a resource, a bay, a supply, or rack and step.
        limit: What people call the limit.
        amount: By how much it is exceeded, in ``unit``; at least 1.
        unit: ``W``, ``eighths``, ``places``, ``pieces``, ``min`` or ``count``.
        start: First minute of the breach.
        end: First minute after it.
        owner: Who owns the limit; empty where a rule of work has no owner.
        sentence: Object, limit, amount and owner in plain words.
    """

    kind: BreachKind
    rule: Rule
    object: str
    limit: str
    amount: int
    unit: str
    start: Minutes
    end: Minutes
    owner: str
    sentence: str
