"""100,000 events by eight writers: the feed has each once, in order, without a gap."""

import pytest

from tests.builders.feed import is_whole, read_beside_writers


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_100_000_events_of_eight_writers_are_read_whole():
    items = read_beside_writers(writers=8, each=12_500)

    assert is_whole(items, writers=8, each=12_500)
