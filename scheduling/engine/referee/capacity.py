"""Rules: places, people, power, cooling and bays hold in every minute."""

from collections.abc import Callable, Iterator

from scheduling.engine.problem import Resource, ResourceKind
from scheduling.engine.profile import constant
from scheduling.engine.referee import stranded
from scheduling.engine.referee.breach import Breach, Rule
from scheduling.engine.referee.case import Case
from scheduling.engine.referee.ledger import Overrun
from scheduling.engine.referee.loads import Loads, booked
from scheduling.engine.units import Minutes
from scheduling.engine.wording import people, places, power

MEASURES: dict[ResourceKind, tuple[Rule, str, Callable[[int], str]]] = {
    ResourceKind.PLACE: (Rule.PLACE, "places", places),
    ResourceKind.CREW: (Rule.PEOPLE, "eighths", people),
    ResourceKind.NODE: (Rule.POWER, "W", power),
    ResourceKind.SITE: (Rule.POWER, "W", power),
    ResourceKind.LOOP: (Rule.COOLING, "W", power),
}


def breaches(case: Case) -> Iterator[Breach]:
    """Yield every stretch of time in which a limit is exceeded."""
    loads = booked(case)
    stranded.book(case, loads)
    for key, ledger in loads.resources.items():
        resource = case.book.resources.get(key)
        capacity = resource.capacity if resource else constant(0)
        for over in ledger.overruns(capacity):
            yield resource_breach(case, key, resource, over)
    for key, ledger in loads.bays.items():
        # A bay nobody knows is reported with the racks planned in it.
        if key in case.book.bays:
            for over in ledger.overruns(case.book.bays[key].capacity):
                yield bay_breach(case, loads, key, over)


def resource_breach(
    case: Case, key: str, resource: Resource | None, over: Overrun
) -> Breach:
    """Return the breach of a shared limit over a stretch of time."""
    kind = resource.kind if resource else ResourceKind.PLACE
    rule, unit, say = MEASURES[kind]
    label, owner = case.book.label_of(key), case.book.owner_of(key)
    return Breach(
        kind=over.kind,
        rule=rule,
        object=key,
        limit=label,
        amount=over.excess,
        unit=unit,
        start=Minutes(over.start),
        end=Minutes(over.end),
        owner=owner,
        sentence=f"{label}: {say(over.needed)} needed, {say(over.allowed)} allowed, "
        f"{case.clock.say(over.start)} to {case.clock.say(over.end)}."
        + (f" {owner} owns this limit." if owner else ""),
    )


def bay_breach(case: Case, loads: Loads, key: str, over: Overrun) -> Breach:
    """Return the breach of a bay over a stretch of time, naming who holds it."""
    label, owner = case.book.label_of(key), case.book.owner_of(key)
    racks = sorted(
        rack
        for start, end, rack in loads.holders[key]
        if start < over.end and over.start < end
    )
    room = "out of service" if not over.allowed else "room for one rack"
    return Breach(
        kind=over.kind,
        rule=Rule.BAY,
        object=key,
        limit=label,
        amount=over.excess,
        unit="places",
        start=Minutes(over.start),
        end=Minutes(over.end),
        owner=owner,
        sentence=f"Bay {label}: held by {', '.join(racks)}, {room}, "
        f"{case.clock.say(over.start)} to {case.clock.say(over.end)}."
        + (f" {owner} owns this limit." if owner else ""),
    )
