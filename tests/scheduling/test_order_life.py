"""Random lives of orders: no illegal state, no promise that changes in silence."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.builders.order_life import OrderLife, lives


@pytest.mark.django_db
def test_any_changes_leave_orders_racks_and_promises_true():
    run_state_machine_as_test(OrderLife, settings=lives(examples=6, steps=15))
