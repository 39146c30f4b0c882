"""The question put to the engine: racks, routings, limits and prices, frozen.

All times are integer minutes since ``Problem.epoch`` (UTC, on a clock-aligned
quarter hour). A problem covers one site.
Racks refer to routing templates by model, so that 10,000 racks stay a few megabytes.
Rules of meaning are in ``docs/engine.md``.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.profile import StepFunction, constant
from scheduling.engine.units import (
    FULL_PERMILLE,
    MINUTES_PER_HOUR,
    Cents,
    Eighths,
    Minutes,
    Watts,
)

PROBLEM_VERSION = 1


class ResourceKind(StrEnum):
    """What sort of limit a resource is; it decides the unit of its capacity."""

    PLACE = "place"
    """Work-centre places: capacity in places."""
    CREW = "crew"
    """People of one skill: capacity in eighths of a person."""
    NODE = "node"
    """A hall or busway of the power tree: capacity in watts at the bays."""
    SITE = "site"
    """Grid import left for bays and their cooling (contract or curtailment less base
    load): capacity in watts."""
    LOOP = "loop"
    """A cooling loop: capacity in watts of liquid heat."""


class PowerClass(StrEnum):
    """How a step may be interrupted (DOMAIN's power classes)."""

    SHIFT_BOUND = "shift_bound"
    """Manual: pauses when its crew's calendar closes, keeps its place, goes on at
    opening; uses people only while open."""
    NON_PREEMPTIVE = "non_preemptive"
    """Runs through once begun (leak test, fill, drain)."""
    INTERRUPTIBLE = "interruptible"
    """May be cut by the grid, planned to run through (power-on)."""
    NEVER_INTERRUPT = "never_interrupt"
    """Never cut (firmware flash)."""
    RESTARTABLE = "restartable"
    """Restarts by tray after a cut, planned to run through (function, fabric)."""
    PREEMPTIVE_DERATABLE = "preemptive_deratable"
    """Soak: work in blocks, each at one of the soak rule's power levels; may pause at
    block ends on standby power."""


class Session(StrEnum):
    """A place that several consecutive steps hold without letting go."""

    NONE = ""
    STATION = "station"
    """An assembly station, from PREP to CABLE; counted on the steps' place."""
    BAY = "bay"
    """A power bay, from fill to drain; at most ``Problem.bay_stay_limit`` minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One limit that work shares.

    Attributes:
        key: Stable identifier, such as ``crew:test`` or ``node:A1``.
        kind: What the capacity counts.
        label: What people call it.
        owner: The person who owns the limit.
        capacity: Amount available over time, in the kind's unit.
        calendar: For crews, the key of the calendar that says when they are open;
            empty for everything else.
    """

    key: str
    kind: ResourceKind
    label: str
    owner: str
    capacity: StepFunction
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When people work.

    Attributes:
        key: Stable identifier.
        open: Windows ``(start, end)`` in minutes, rising and apart, that cover the
            problem's horizon; start before end.
    """

    key: str
    open: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Refuse windows that overlap or run backward."""
        end_before = None
        for start, end in self.open:
            if end <= start or (end_before is not None and start <= end_before):
                raise InvalidProblemError(
                    self.key, "open", (start, end), "windows rise and do not touch"
                )
            end_before = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Bay:
    """One power bay.

    A step drawing ``d`` watts in it takes ``d`` from each of ``nodes``,
    ``ceil(d × template.site_permille / 1000)`` from ``site`` and
    ``ceil(d × template.liquid_permille / 1000)`` from ``loop``.

    Attributes:
        key: Stable identifier, such as ``bay:A01``.
        label: What people call it.
        limit: Most watts one rack may draw here.
        models: Template keys this bay can take.
        nodes: Keys of NODE resources above it (busway, hall).
        site: Key of the SITE resource.
        loop: Key of the LOOP resource.
        capacity: 1 while usable, 0 while out of service.
    """

    key: str
    label: str
    limit: Watts
    models: tuple[str, ...]
    nodes: tuple[str, ...]
    site: str
    loop: str
    capacity: StepFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a routing.

    Attributes:
        code: Name within the template, such as ``SOAK``.
        label: What people call it.
        work: Minutes at full power that physics needs; at least 1.
        allowance: Minutes added for rework; at least 0. Planned duration is
            ``work + allowance``; draw, people and places last for both.
        place: Key of the PLACE resource held; empty for steps whose session is a bay.
        extra: Key of a second PLACE resource held for the step alone (a fill cart), or
            empty.
        crew: Key of the CREW resource.
        crew_eighths: People needed while working, in eighths; at least 1.
        draw: Watts at the bay during work; 0 outside a bay.
        power_class: How it may be interrupted.
        session: The place it holds together with its neighbours.
    """

    code: str
    label: str
    work: Minutes
    allowance: Minutes
    place: str
    extra: str
    crew: str
    crew_eighths: Eighths
    draw: Watts
    power_class: PowerClass
    session: Session

    def __post_init__(self) -> None:
        """Refuse numbers outside their range."""
        if self.work < 1:
            raise InvalidProblemError(self.code, "work", self.work, "at least 1 minute")
        if self.allowance < 0 or self.draw < 0:
            raise InvalidProblemError(
                self.code, "draw", self.draw, "draw and allowance are at least 0"
            )
        if self.crew_eighths < 1:
            raise InvalidProblemError(
                self.code, "crew_eighths", self.crew_eighths, "people work on each step"
            )

    @property
    def duration(self) -> Minutes:
        """Return the planned minutes at full power, allowance included."""
        return Minutes(self.work + self.allowance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """A fixed time before or after the floor, such as tray build or transit.

    Attributes:
        code: Short name, such as ``L10``.
        label: What people call it.
        minutes: Its length; at least 0.
        owner: The person who owns it.
        reason: One sentence on why it exists.
        is_physics: Whether physics needs it (tray build, flight) or people do.
        limit: Word of the limit it counts as if not physics.
    """

    code: str
    label: str
    minutes: Minutes
    owner: str
    reason: str
    is_physics: bool
    limit: str = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a rack consumes: a quantity of a part at the start of a step."""

    part: str
    quantity: int
    step: str

    def __post_init__(self) -> None:
        """Refuse a quantity that is not at least 1."""
        if self.quantity < 1:
            raise InvalidProblemError(
                self.part, "quantity", self.quantity, "at least 1 piece"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The routing of one rack model.

    Attributes:
        key: The model, such as ``GB300``.
        label: What people call it.
        steps: In order of work; each waits for the one before.
        materials: Consumed parts.
        liquid_permille: Share of the draw that goes to the cooling loop.
        site_permille: Import per watt drawn, cooling plant included; at least 1000.
        lags_before: Fixed times between order received and the first step.
        lags_after: Fixed times between the last step and the customer's dock.
    """

    key: str
    label: str
    steps: tuple[Step, ...]
    materials: tuple[Material, ...]
    liquid_permille: int
    site_permille: int
    lags_before: tuple[Lag, ...] = ()
    lags_after: tuple[Lag, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an empty routing and coefficients outside their range."""
        if not self.steps:
            raise InvalidProblemError(self.key, "steps", 0, "at least one step")
        if not 0 <= self.liquid_permille <= FULL_PERMILLE:
            raise InvalidProblemError(
                self.key, "liquid_permille", self.liquid_permille, "0 to 1000"
            )
        if self.site_permille < FULL_PERMILLE:
            raise InvalidProblemError(
                self.key, "site_permille", self.site_permille, "at least 1000"
            )

    def index_of(self, code: str) -> int:
        """Return the position of a step by its code.

        Raises:
            InvalidProblemError: If the routing has no such step.
        """
        for index, step in enumerate(self.steps):
            if step.code == code:
                return index
        raise InvalidProblemError(self.key, "step", code, "not in the routing")


class SupplyKind(StrEnum):
    """Where a supply comes from; stock goes first."""

    STOCK = "stock"
    TRANCHE = "tranche"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A quantity of a part that is, or will be, usable.

    Attributes:
        key: Stable identifier of the lot or tranche, echoed in pegs.
        part: The part's key.
        quantity: Pieces; at least 1.
        available: First usable minute (0 for stock; a tranche adds receiving time).
        kind: Stock or tranche.
        owner: Who answers for it: the buyer or supplier to name when it binds.
        label: What people call it.
        supplier: Who delivers it; empty for stock.
    """

    key: str
    part: str
    quantity: int
    available: Minutes
    kind: SupplyKind
    owner: str = ""
    label: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A step under way at the epoch.

    Attributes:
        step: Its code.
        started: When it began; 0 or before.
        remaining: Full-power minutes still to do, allowance included; at least 1.
    """

    step: str
    started: Minutes
    remaining: Minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What has happened to a rack already. Facts, taken as given.

    Attributes:
        done: How many steps of the routing are finished.
        running: The step under way, if any; it is the step at index ``done`` and goes
            on from minute 0 without a pause.
        bay: Key of the bay it holds; empty if none. A held bay is kept until drained.
        bay_since: When it took the bay; 0 or before.
        kit_started: When its first step began, for work in progress; 0 or before.
        last_end: When its last finished step ended; 0 or before.
        holds_station: Whether it holds an assembly station.
    """

    done: int = 0
    running: Running | None = None
    bay: str = ""
    bay_since: Minutes = Minutes(0)
    kit_started: Minutes | None = None
    last_end: Minutes | None = None
    holds_station: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A start a planner has fixed: step code, minute, bay key (empty: any)."""

    step: str
    start: Minutes
    bay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """One rack to plan.

    Attributes:
        key: Its serial, echoed in the schedule.
        order: Its order's number.
        template: Key of its routing.
        received: When the order was received; usually before 0.
        release: Earliest start of its first step (received plus lags before); may lie
            before 0.
        due: Shipped no later than this end of day, or None when there is no wish.
        promise: The customer's current promised minute, or None.
        late_cents_per_day: Price of a day late; by the minute.
        materials_reserved: ``(part, quantity)`` already set aside for this rack
            (consigned or issued), which it does not draw from supplies.
        progress: What has happened already.
        pins: Starts fixed by a planner.
        previous: ``(step code, start, bay)`` in the published plan, for the price of
            change.
        previous_soak: ``(step code, ((percent, standby minutes before), ...))`` of the
            blocks of soaks that do not run through at full power in that plan.
        is_flexible: Whether its order bends: in a curtailment it gives way first.
    """

    key: str
    order: str
    template: str
    received: Minutes
    release: Minutes
    due: Minutes | None
    promise: Minutes | None
    late_cents_per_day: Cents
    materials_reserved: tuple[tuple[str, int], ...] = ()
    progress: Progress = field(default_factory=Progress)
    pins: tuple[Pin, ...] = ()
    previous: tuple[tuple[str, int, str], ...] = ()
    previous_soak: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    is_flexible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtailment:
    """A window in which the grid allows less; already in the SITE capacity.

    Attributes:
        key: Stable identifier.
        label: What people call it.
        start: First minute of the window.
        end: First minute after it.
        limit: Import allowed in watts, everything included.
        owner: Who answers the grid.
    """

    key: str
    label: str
    start: Minutes
    end: Minutes
    limit: Watts
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakRule:
    """How soak may be derated and paused.

    Attributes:
        block: Full-power minutes a block; a shorter last block takes the rest.
        levels: ``(percent of power, minutes a full block takes)``, best first; a
            shorter block takes ``ceil`` of its share.
        standby_percent: Draw while paused between blocks.
        resume: Minutes at the next block's power before work goes on after a pause.
    """

    block: Minutes = Minutes(120)
    levels: tuple[tuple[int, int], ...] = ((100, 120), (80, 150), (60, 200))
    standby_percent: int = 8
    resume: Minutes = Minutes(30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a plan costs, in cents. Defaults are DESIGN's.

    Attributes:
        wip_per_day: A rack-day from first start to last end.
        move: A moved start, halved for each week it lies ahead.
        move_fenced: A moved start inside the frozen fence.
        move_tolerance: Minutes a start may shift before it counts as moved.
        fence: Minutes from the epoch that are frozen.
        broken_promise: A promise not kept, once.
        demand_per_kw: A month's charge per kW of the highest mean of import.
        demand_floor: Watts that are billed anyhow (the ratchet).
        averaging: Minutes of one mean, as the contract says; 1 to 60. Windows follow
            each other by the clock.
        averaging_begun: Minutes of the window of minute 0 that are over; less than
            ``averaging``. They count with the base load of minute 0.
        energy_per_mwh: Energy price where it does not change with the hour.
        energy_steps: Energy price over time, per MWh; None where it does not change.

    Raises:
        InvalidProblemError: If the averaging window is not of that form.
    """

    wip_per_day: Cents = Cents(93_000)
    move: Cents = Cents(5_000)
    move_fenced: Cents = Cents(500_000)
    move_tolerance: Minutes = Minutes(15)
    fence: Minutes = Minutes(10_080)
    broken_promise: Cents = Cents(2_000_000)
    demand_per_kw: Cents = Cents(1_500)
    demand_floor: Watts = Watts(0)
    averaging: Minutes = Minutes(15)
    averaging_begun: Minutes = Minutes(0)
    energy_per_mwh: Cents = Cents(8_000)
    energy_steps: StepFunction | None = None

    def __post_init__(self) -> None:
        """Refuse windows that no meter has."""
        if not 1 <= self.averaging <= MINUTES_PER_HOUR:
            raise InvalidProblemError(
                "prices", "averaging", self.averaging, "1 to 60 minutes"
            )
        if not 0 <= self.averaging_begun < self.averaging:
            raise InvalidProblemError(
                "prices",
                "averaging_begun",
                self.averaging_begun,
                "at least 0 and less than averaging",
            )

    @property
    def energy(self) -> StepFunction:
        """Return the price of energy over time, in cents a MWh."""
        return self.energy_steps or constant(self.energy_per_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything one run knows, frozen.

    Attributes:
        site: The site's code.
        zone: Its time zone's name.
        epoch: ISO 8601 UTC instant of minute 0, on a quarter hour.
        horizon: Minutes that calendars and capacities cover; no step ends later.
        resources: Places, crews, nodes, the site, loops.
        calendars: When crews work.
        bays: Power bays.
        templates: Routings by model.
        supplies: Stock and tranches.
        racks: What to plan.
        base_load: Watts the site takes besides bays and cooling, over time.
        curtailments: Windows of the grid, for explanation.
        bay_stay_limit: Most minutes a rack may hold a bay.
        soak: The rule of derating and pausing.
        prices: What a plan costs.
        version: Of this form.
    """

    site: str
    zone: str
    epoch: str
    horizon: Minutes
    resources: tuple[Resource, ...]
    calendars: tuple[Calendar, ...]
    bays: tuple[Bay, ...]
    templates: tuple[Template, ...]
    supplies: tuple[Supply, ...]
    racks: tuple[Rack, ...]
    base_load: StepFunction
    curtailments: tuple[Curtailment, ...] = ()
    bay_stay_limit: Minutes = Minutes(7_200)
    soak: SoakRule = field(default_factory=SoakRule)
    prices: Prices = field(default_factory=Prices)
    version: int = PROBLEM_VERSION
