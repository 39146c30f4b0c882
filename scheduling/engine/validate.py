"""Can this be planned at all; and if not, which object and limit stand in the way.

Errors concern the problem as a whole and stop it. Unplannable racks are left out with
their reason, and the others go on.
"""

from dataclasses import dataclass

from scheduling.engine.bounds.alone import Arrivals
from scheduling.engine.collector import paused
from scheduling.engine.inspection import form, supply
from scheduling.engine.inspection.finding import Finding
from scheduling.engine.inspection.racks import Desk, roomy_signs, unplannable
from scheduling.engine.lookup import look_up
from scheduling.engine.problem import Problem
from scheduling.engine.schedule import Unplannable
from scheduling.engine.wording import Clock

__all__ = ["Finding", "Inspection", "inspect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found before planning.

    Attributes:
        errors: What stops the whole problem; nothing can be planned before it is put
            right.
        unplannable: Racks that no plan can hold; empty while there are errors.
    """

    errors: tuple[Finding, ...]
    unplannable: tuple[Unplannable, ...]


@paused()
def inspect(problem: Problem) -> Inspection:
    """Return what is wrong with a problem, in sentences that can be shown."""
    book = look_up(problem)
    used = {rack.template for rack in problem.racks}
    templates = [template for key, template in book.templates.items() if key in used]
    errors = tuple(form.findings(book, templates)) or tuple(
        supply.findings(book, templates)
    )
    if errors:
        return Inspection(errors=errors, unplannable=())
    arrivals = Arrivals(book)
    desk = Desk(
        book=book,
        arrivals=arrivals,
        clock=Clock(problem),
        known={},
        roomy=roomy_signs(book, arrivals),
    )
    found = (unplannable(desk, rack) for rack in problem.racks)
    return Inspection(errors=(), unplannable=tuple(one for one in found if one))
