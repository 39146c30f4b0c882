"""A problem by key: what the judging modules look things up in."""

from dataclasses import dataclass

from scheduling.engine.opening import OpenHours
from scheduling.engine.problem import Bay, Problem, Rack, Resource, Supply, Template

NEVER_OPEN = OpenHours(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The parts of a problem by key.

    Attributes:
        problem: The problem itself.
        resources: By key.
        hours: Opening hours by calendar key.
        bays: By key.
        templates: By key.
        racks: By key.
        supplies: By key.
    """

    problem: Problem
    resources: dict[str, Resource]
    hours: dict[str, OpenHours]
    bays: dict[str, Bay]
    templates: dict[str, Template]
    racks: dict[str, Rack]
    supplies: dict[str, Supply]

    def hours_of(self, crew: str) -> OpenHours:
        """Return when a crew works; a crew without a known calendar never does."""
        resource = self.resources.get(crew)
        if resource is None:
            return NEVER_OPEN
        return self.hours.get(resource.calendar, NEVER_OPEN)

    def label_of(self, resource: str) -> str:
        """Return what people call a resource or bay; its key when it is unknown."""
        found = self.resources.get(resource) or self.bays.get(resource)
        return found.label if found else resource

    def owner_of(self, resource: str) -> str:
        """Return who owns a resource; a bay's owner is that of its topmost node."""
        bay = self.bays.get(resource)
        key = bay.nodes[-1] if bay and bay.nodes else resource
        found = self.resources.get(key)
        return found.owner if found else ""


def look_up(problem: Problem) -> Lookup:
    """Return the problem by key; of two things with one key the later one counts."""
    return Lookup(
        problem=problem,
        resources={resource.key: resource for resource in problem.resources},
        hours={
            calendar.key: OpenHours(calendar.open) for calendar in problem.calendars
        },
        bays={bay.key: bay for bay in problem.bays},
        templates={template.key: template for template in problem.templates},
        racks={rack.key: rack for rack in problem.racks},
        supplies={supply.key: supply for supply in problem.supplies},
    )
