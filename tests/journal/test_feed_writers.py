"""The feed stays whole while eight write and one reads."""

import pytest

from tests.builders.feed import is_whole, read_beside_writers


@pytest.mark.django_db(transaction=True)
def test_a_reader_beside_eight_writers_misses_nothing_and_sees_nothing_twice():
    items = read_beside_writers(writers=8, each=60)

    assert is_whole(items, writers=8, each=60)
