"""Power bays, each with the limits above it, and the bays that idle racks occupy."""

from collections.abc import Iterable

from factory.models import PowerBay, PowerNode, Site
from scheduling.engine.problem import Bay
from scheduling.engine.profile import constant
from scheduling.engine.units import Watts
from scheduling.snapshot.amounts import least
from scheduling.snapshot.limits import Outages, above_bays


def read_bays(site: Site) -> list[PowerBay]:
    """Return a site's bays with loop and supported models. Two queries."""
    return list(
        PowerBay.objects.filter(site=site)
        .select_related("loop")
        .prefetch_related("supported_models")
        .order_by("code")
    )


def key_of_code(code: str) -> str:
    """Return a bay's key in the engine."""
    return f"bay:{code}"


def lay_out(
    site: Site,
    bays: Iterable[PowerBay],
    *,
    nodes: list[PowerNode],
    outages: Outages,
    templates: frozenset[str],
    occupied: frozenset[int],
) -> tuple[Bay, ...]:
    """Return bays as the engine takes them.

    Args:
        site: The site.
        bays: Its bays.
        nodes: The site's power tree.
        outages: What is out of service, and when.
        templates: Models that are planned; a bay names no others.
        occupied: Primary keys of bays held by racks that are not planned: out of
            service for as long as that lasts, so for the whole problem.
    """
    chains = _chains(nodes, {node.pk for node in above_bays(nodes)})
    return tuple(
        Bay(
            key=key_of_code(bay.code),
            label=bay.code,
            limit=Watts(bay.limit_w),
            models=tuple(
                sorted(
                    model.code
                    for model in bay.supported_models.all()
                    if model.code in templates
                )
            ),
            nodes=chains.get(bay.node_id, ()),
            site=f"site:{site.code}",
            loop=f"loop:{bay.loop.code}",
            capacity=constant(0)
            if bay.pk in occupied
            else least(
                1,
                (
                    (start, end, min(1, left))
                    for start, end, left in outages.bays.get(bay.pk, ())
                ),
            ),
        )
        for bay in bays
    )


def _chains(nodes: list[PowerNode], limiting: set[int]) -> dict[int, tuple[str, ...]]:
    """Return for each node the limiting ones from it up to the root, nearest first.

    A tree that runs in a circle ends where the circle closes.
    """
    by_id = {node.pk: node for node in nodes}
    found = {}
    for node in nodes:
        chain: list[PowerNode] = []
        above: PowerNode | None = node
        while above is not None and above not in chain:
            chain.append(above)
            above = by_id.get(above.parent_id) if above.parent_id else None
        found[node.pk] = tuple(
            f"node:{link.code}" for link in chain if link.pk in limiting
        )
    return found
