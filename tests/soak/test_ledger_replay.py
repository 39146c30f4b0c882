"""Ten thousand random histories: each replays to where it stands."""

import pytest

from tests.builders.ledgers import check_histories

SEED = 4


@pytest.mark.soak
def test_ten_thousand_histories_replay_to_where_they_stand():
    assert check_histories(10_000, SEED) > 100_000
