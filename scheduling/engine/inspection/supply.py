"""Is there anything to plan with: racks, bays, people's hours, power."""

from collections.abc import Iterable, Iterator

from scheduling.engine.inspection.finding import Finding
from scheduling.engine.lookup import Lookup
from scheduling.engine.problem import ResourceKind, Session, Template


def findings(book: Lookup, templates: Iterable[Template]) -> Iterator[Finding]:
    """Yield what is missing for every rack alike; templates are those in use."""
    problem = book.problem
    if not problem.racks:
        yield Finding(
            code="no_racks", object=problem.site, sentence="There is no rack to plan."
        )
    in_use = list(templates)
    needs_bay = next(
        (
            (template, step)
            for template in in_use
            for step in template.steps
            if step.session is Session.BAY
        ),
        None,
    )
    if needs_bay and not problem.bays:
        template, step = needs_bay
        yield Finding(
            code="no_bays",
            object=problem.site,
            sentence=f"Site {problem.site} has no power bay; {step.code} of "
            f"{template.label} needs one.",
            limit="bay",
        )
    yield from _closed(book, in_use)
    if needs_bay:
        yield from _dark(book)


def _closed(book: Lookup, templates: list[Template]) -> Iterator[Finding]:
    crews = {step.crew for template in templates for step in template.steps}
    for resource in book.problem.resources:
        if resource.key in crews and not book.hours_of(resource.key).worked(
            book.problem.horizon
        ):
            yield Finding(
                code="closed_calendar",
                object=resource.calendar,
                sentence=f"{resource.label}: the calendar {resource.calendar} has no "
                f"open hour. {resource.owner} owns this limit.",
                limit="shift",
            )


def _dark(book: Lookup) -> Iterator[Finding]:
    for resource in book.problem.resources:
        is_site = resource.kind is ResourceKind.SITE
        horizon = max(1, book.problem.horizon)
        if not is_site or any(
            value for _, _, value in resource.capacity.pieces(book.problem.horizon)
        ):
            continue
        whole = next(
            (
                event
                for event in book.problem.curtailments
                if event.start <= 0 and event.end >= horizon
            ),
            None,
        )
        name = whole.label if whole else resource.label
        owner = whole.owner if whole else resource.owner
        yield Finding(
            code="no_power",
            object=whole.key if whole else resource.key,
            sentence=f"{name}: 0 kW are left for bays from first to last minute. "
            f"{owner} owns this limit.",
            limit="curtailment" if whole else "power",
        )
