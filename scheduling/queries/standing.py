"""Where a site stands: the plan in force, the newest proposal, the run under way."""

from dataclasses import dataclass

from factory.models import Site
from scheduling.models import Plan, Publication, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a site plans with.

    Attributes:
        site: The site.
        publication: The newest publication, or None before the first.
        proposal: The newest plan made since that publication, or None.
        run: The run under way or waiting, or None; one that only improves the proposal
            makes way to whoever asks, so it counts for none.
    """

    site: Site
    publication: Publication | None
    proposal: Plan | None
    run: Run | None

    @property
    def plan(self) -> Plan | None:
        """Return the plan pages show first: the published one, else the proposal."""
        return self.publication.plan if self.publication else self.proposal


def standing_of(site: Site) -> Standing:
    """Return where a site stands. Three queries."""
    publication = (
        Publication.objects.filter(site=site)
        .select_related("plan", "plan__run")
        .order_by("-number")
        .first()
    )
    newer_than = publication.plan_id if publication else 0
    proposal = (
        Plan.objects.filter(
            run__scenario__site=site, run__scenario__is_base=True, pk__gt=newer_than
        )
        .select_related("run")
        .order_by("-pk")
        .first()
    )
    run = (
        Run.objects.unfinished()
        .filter(scenario__site=site, scenario__is_base=True, improves__isnull=True)
        .order_by("-pk")
        .first()
    )
    return Standing(site=site, publication=publication, proposal=proposal, run=run)
