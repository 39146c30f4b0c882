"""The state rebuilt from revisions is the state that came about."""

from tests.builders.ledgers import check_histories

SEED = 20_261_122


def test_a_replay_of_random_histories_is_the_state_after_each_step():
    assert check_histories(300, SEED) > 3_000
