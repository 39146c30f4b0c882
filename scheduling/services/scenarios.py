"""What runs start from."""

from django.db import transaction

from factory.models import Site
from journal.services import record
from scheduling.models import Scenario

BASE_NAME = "Live data"


def base_scenario(site: Site) -> Scenario:
    """Return a site's scenario of live data, made at first use."""
    scenario, _ = Scenario.objects.get_or_create(
        site=site, is_base=True, defaults={"name": BASE_NAME}
    )
    return scenario


@transaction.atomic
def plan_on(*, scenario: Scenario, arrivals: Scenario.Arrivals, actor: str) -> Scenario:
    """Choose which day of a promised delivery a scenario's plans count on.

    Args:
        scenario: Whose next runs are meant.
        arrivals: The promised dates, or a level of arrivals learnt from the record.
        actor: ``user:12`` or ``system``.
    """
    before = Scenario.objects.select_for_update().get(pk=scenario.pk).arrivals
    if before != arrivals:
        Scenario.objects.filter(pk=scenario.pk).update(arrivals=arrivals)
        record(
            kind="scenario.arrivals_chosen",
            about=scenario,
            actor=actor,
            summary=f"{scenario.name} is planned on {arrivals.label}",
            before={"arrivals": before},
            after={"arrivals": arrivals.value},
        )
    scenario.arrivals = arrivals
    return scenario
