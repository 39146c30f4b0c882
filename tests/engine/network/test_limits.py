"""Relaxations that say which goals of the neutral racks no plan can reach."""

import json

import pytest

from scheduling.engine.network.readers.formats import READERS
from scheduling.engine.network.solve import solve_network
from tests.bench.limits import facets, least_mean_flow, least_tardiness
from tests.builders.instance_files import neutral_racks


@pytest.mark.parametrize("capacity", [380, 475, 538, 673])
def test_facets_hold_for_every_set_of_racks_that_fits_and_cut_what_does_not(capacity):
    found = facets((72, 132), capacity, 6)

    for low in range(7):
        for high in range(7):
            fits = low + high <= 6 and 72 * low + 132 * high <= capacity
            holds = all(
                parts[0] * low + parts[1] * high <= most for parts, most in found
            )
            assert holds == fits


def test_no_plan_found_beats_the_relaxations():
    racks = neutral_racks(12)
    problem = READERS["neutral-racks"](json.dumps(racks))

    found = solve_network(problem, time_limit_s=0.2, is_deterministic=True).score

    assert 70.0 <= least_mean_flow(racks) <= found.flow / 12 + 1e-6
    assert 0.0 < least_tardiness(racks, 400) <= found.objective * 1.001
