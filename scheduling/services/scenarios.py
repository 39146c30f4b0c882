"""What runs start from."""

from factory.models import Site
from scheduling.models import Scenario

BASE_NAME = "Live data"


def base_scenario(site: Site) -> Scenario:
    """Return a site's scenario of live data, made at first use."""
    scenario, _ = Scenario.objects.get_or_create(
        site=site, is_base=True, defaults={"name": BASE_NAME}
    )
    return scenario
