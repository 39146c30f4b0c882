"""A plan as the Gantt draws it: racks with their steps, and what shares limits below.

Pure: a problem and its schedule in, plain lists out. All times are minutes since the
plan's epoch, all power is in watts. Lists of numbers are flat and hold differences, so
that 10,000 racks stay about a megabyte; ``docs/plan-page.md`` has the contract.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

from scheduling.engine.cut import model_of
from scheduling.engine.explain import Attribution
from scheduling.engine.problem import (
    PowerClass,
    Problem,
    Rack,
    Resource,
    Session,
    Step,
    Template,
)
from scheduling.engine.schedule import Phase, PhaseKind, PlannedStep, Schedule
from scheduling.queries.strips import Pieces, Strip, strips_of

VERSION = 2
"""Of the contract; drawings of another version are made anew."""
NOTHING = -1
KINDS = ("work", "derated", "standby", "firmware")

Key = TypeVar("Key", bound=Hashable)

Waits = Mapping[str, list[tuple[str, int]]]
"""By rack, what its bay session waited for just before it began: limit and minutes."""


def gantt_of(problem: Problem, schedule: Schedule, *, waits: Waits) -> dict[str, Any]:
    """Return the data contract of ``static/js/gantt/expand.js``."""
    by_rack: dict[str, list[PlannedStep]] = defaultdict(list)
    for planned in schedule.steps:
        by_rack[planned.rack].append(planned)
    strips = strips_of(problem, schedule)
    numbers = _Numbers(problem)
    racks = [
        numbers.rack(rack, by_rack[rack.key], waits.get(rack.key, []))
        for rack in problem.racks
        if rack.key in by_rack
    ]
    return {
        "version": VERSION,
        "epoch": problem.epoch,
        "zone": problem.zone,
        "to_min": strips.until,
        "fence_min": problem.prices.fence,
        "groups": numbers.groups(),
        "bays": numbers.bays(),
        "models": [numbers.model(template) for template in problem.templates],
        "crews": [[key, label] for key, label in numbers.crews.items()],
        "orders": [*numbers.orders],
        "limits": [*numbers.limits],
        "racks": racks,
        "strips": [_strip(one) for one in strips.all],
        "curtailments": [
            {"start": c.start, "end": c.end, "label": c.label, "cap_w": c.limit}
            for c in problem.curtailments
        ],
    }


def waits_of(
    problem: Problem, bars: Mapping[str, Iterable[Attribution]]
) -> dict[str, list[tuple[str, int]]]:
    """Return what each rack's bay session waited for, from its waterfall."""
    first = {
        template.key: next(
            (step.code for step in template.steps if step.session is Session.BAY), ""
        )
        for template in problem.templates
    }
    found: dict[str, list[tuple[str, int]]] = {}
    for rack in problem.racks:
        for bar in bars.get(rack.key, ()):
            if bar.step != first[rack.template]:
                continue
            if bar.is_physics:
                break
            found.setdefault(rack.key, []).append((bar.limit, bar.minutes))
    return found


class _Numbers:
    """What the racks refer to by number, in the order first met."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.resources = {one.key: one for one in problem.resources}
        self.templates = {
            template.key: (number, template)
            for number, template in enumerate(problem.templates)
        }
        self.bay = {bay.key: number for number, bay in enumerate(problem.bays)}
        self.bay[""] = NOTHING
        self.orders: dict[str, int] = {}
        self.limits: dict[str, int] = {}
        self.crews: dict[str, str] = {}
        self._groups: dict[tuple[str, ...], int] = {}
        for template in problem.templates:
            for step in template.steps:
                self.crews.setdefault(step.crew, _label(self.resources, step.crew))

    def rack(
        self, rack: Rack, planned: list[PlannedStep], waits: list[tuple[str, int]]
    ) -> list[Any]:
        """Return one rack: what it is, and its steps as number, gap and length."""
        number, template = self.templates[rack.template]
        codes = {step.code: index for index, step in enumerate(template.steps)}
        ships = planned[-1].end
        due = rack.promise if rack.promise is not None else rack.due
        steps: list[int] = []
        now = 0
        for one in planned:
            steps += (codes[one.step], one.start - now, one.end - one.start)
            now = one.end
        return [
            rack.key,
            number,
            _number(self.orders, rack.order),
            due,
            max(0, ships - due) if due is not None else 0,
            next((self.bay[one.bay] for one in planned if one.bay), NOTHING),
            [codes[pin.step] for pin in rack.pins],
            [
                part
                for limit, minutes in waits
                for part in (_number(self.limits, limit), minutes)
            ],
            steps,
            {
                codes[one.step]: phases
                for one in planned
                if (phases := _phases(one, template.steps[codes[one.step]]))
            },
        ]

    def model(self, template: Template) -> dict[str, Any]:
        """Return one model with its routing."""
        crews = list(self.crews)
        return {
            "key": model_of(template.key),
            "label": template.label,
            "site_permille": template.site_permille,
            "liquid_permille": template.liquid_permille,
            "steps": [
                {
                    "code": step.code,
                    "label": step.label,
                    "crew": crews.index(step.crew),
                    "eighths": step.crew_eighths,
                    "session": step.session.value,
                    "draw": step.draw,
                    "kind": KINDS.index(_kind(PhaseKind.WORK, step)),
                }
                for step in template.steps
            ],
        }

    def bays(self) -> list[list[Any]]:
        """Return the bays: key, label, group and the keys of what is above."""
        return [
            [
                bay.key,
                bay.label,
                _number(self._groups, self._above(bay.nodes)),
                [*bay.nodes, bay.site, bay.loop],
            ]
            for bay in self.problem.bays
        ]

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of bays: hall and feeder, and what they may draw."""
        for bay in self.problem.bays:
            _number(self._groups, self._above(bay.nodes))
        return [
            {
                "key": nodes[-1] if nodes else "bays",
                "label": " · ".join(_label(self.resources, key) for key in nodes)
                or "Bays",
                "note": _kilowatts(self.resources.get(nodes[-1])) if nodes else "",
            }
            for nodes in self._groups
        ]

    def _above(self, nodes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the nodes above a bay, the widest first."""
        known = [key for key in nodes if key in self.resources]
        width = {key: self.resources[key].capacity.highest() for key in known}
        return tuple(sorted(known, key=lambda key: -width[key]))


def _number(numbers: dict[Key, int], key: Key) -> int:
    """Return the number of a key, the next one if it is new."""
    return numbers.setdefault(key, len(numbers))


def _label(resources: Mapping[str, Resource], key: str) -> str:
    return resources[key].label if key in resources else key


def _kilowatts(resource: Resource | None) -> str:
    """Return what a node may draw, for its head."""
    if resource is None:
        return ""
    return f"{resource.capacity.highest() // 1000:,}\N{NO-BREAK SPACE}kW"


def _phases(planned: PlannedStep, step: Step) -> list[int]:
    """Return a step's phases as length, watts and kind; none where it is one of work.

    Phases that differ in nothing drawn are one.
    """
    found: list[list[int]] = []
    for phase in planned.phases:
        kind = KINDS.index(_kind(phase.kind, step))
        length = phase.end - phase.start
        if found and found[-1][1:] == [phase.draw, kind]:
            found[-1][0] += length
        else:
            found.append([length, phase.draw, kind])
    if len(found) == 1 and not _is_odd(planned, planned.phases[0], step):
        return []
    return [number for phase in found for number in phase]


def _is_odd(planned: PlannedStep, phase: Phase, step: Step) -> bool:
    """Return whether a step's first phase is not simply its work from its start on."""
    return phase.start != planned.start or phase.draw != step.draw


def _kind(kind: PhaseKind, step: Step) -> str:
    """Return the drawing's word for a phase."""
    if kind is PhaseKind.DERATED:
        return "derated"
    if kind in (PhaseKind.STANDBY, PhaseKind.CLOSED):
        return "standby"
    if step.power_class is PowerClass.NEVER_INTERRUPT:
        return "firmware"
    return "work"


def _strip(strip: Strip) -> dict[str, Any]:
    """Return one strip with its step functions flat, moments as differences."""
    return {
        "key": strip.key,
        "kind": strip.kind,
        "label": strip.label,
        "owner": strip.owner,
        "limit": _flat(strip.limit),
        "use": _flat(strip.use),
    } | ({"base": _flat(strip.base)} if strip.base else {})


def _flat(pieces: Pieces) -> list[int]:
    """Return ``[gap, amount, gap, amount ...]``."""
    found: list[int] = []
    before = 0
    for minute, amount in pieces:
        found += (minute - before, amount)
        before = minute
    return found
