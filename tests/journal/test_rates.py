"""Requests a minute: counted together, and alone while Redis is away."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from journal.rates import (
    AWAY_S,
    CounterAwayError,
    LocalCounter,
    Rates,
    RedisCounter,
    rates_at,
)
from tests.builders.ports import a_silent_port


def at(now_s: float, **changes):
    """Return rates whose clock stands still."""
    return Rates(shared=None, clock=lambda: now_s, **changes)


def test_the_request_after_the_last_is_one_too_many():
    rates = at(600.0)

    spent = [rates.spend(1, 2) for _ in range(3)]

    assert [(one.left, one.is_spent) for one in spent] == [
        (1, False),
        (0, False),
        (0, True),
    ]


def test_the_headers_name_quota_window_rest_and_reset():
    assert at(630.0).spend(1, 100).headers == {
        "RateLimit-Policy": '"client";q=100;w=60',
        "RateLimit": '"client";r=99;t=30',
    }


def test_a_new_minute_begins_anew():
    counter = LocalCounter()

    assert at(659.9, local=counter).spend(1, 1).is_spent is False
    assert at(659.9, local=counter).spend(1, 1).is_spent is True
    assert at(660.0, local=counter).spend(1, 1).is_spent is False


def test_one_clients_requests_cost_another_nothing():
    rates = at(600.0)

    for _ in range(5):
        rates.spend(1, 3)

    assert rates.spend(2, 3).left == 2


class Away:
    """A shared counter that does not answer."""

    def add(self, client, window):
        """Refuse."""
        raise CounterAwayError


def test_while_the_shared_counter_is_away_each_process_counts_for_itself():
    rates = Rates(shared=Away(), clock=lambda: 600.0)

    assert [rates.spend(1, 1).is_spent for _ in range(2)] == [False, True]


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while():
    clock_s = [0.0]
    with a_silent_port() as port:
        nobody = redis.Redis(port=port, retry=Retry(NoBackoff(), 0))
        counter = RedisCounter(nobody, clock=lambda: clock_s[0])

        with pytest.raises(CounterAwayError) as asked:
            counter.add(1, 1)
        clock_s[0] = AWAY_S - 1
        with pytest.raises(CounterAwayError) as unasked:
            counter.add(1, 1)
        clock_s[0] = AWAY_S
        with pytest.raises(CounterAwayError) as again:
            counter.add(1, 1)

    causes = [error.value.__cause__ for error in (asked, unasked, again)]
    assert [cause is not None for cause in causes] == [True, False, True]


def test_without_redis_there_is_no_shared_counter():
    assert rates_at("filesystem://").shared is None


@pytest.mark.broker
def test_two_processes_count_together(broker_url):
    first, second = (
        RedisCounter(redis.Redis.from_url(broker_url)),
        RedisCounter(redis.Redis.from_url(broker_url)),
    )

    counts = [counter.add(987_654_321, 1) for counter in (first, second, first)]

    with redis.Redis.from_url(broker_url) as client:
        key = "rackline:requests:987654321:1"
        lives_s = client.ttl(key)
        client.delete(key)
    first.client.close()
    second.client.close()
    assert counts == [1, 2, 3]
    assert 0 < lives_s <= 120
