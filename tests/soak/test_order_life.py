"""Two thousand random lives of thirty changes each."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.builders.order_life import OrderLife, lives


@pytest.mark.soak
@pytest.mark.django_db
def test_two_thousand_lives_of_thirty_changes_leave_everything_true():
    drawn_anew = settings(lives(examples=2_000, steps=30), derandomize=False)
    run_state_machine_as_test(OrderLife, settings=drawn_anew)
