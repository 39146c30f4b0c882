"""Two people publish at once: one does, the other is told, nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from scheduling.errors import (
    AlreadyPublishedError,
    NewerPublicationError,
    ReplacedPlanError,
)
from scheduling.models import CustomerPromise, Plan, Publication
from scheduling.services.publish import publish
from tests.builders.scheduling import a_plan, a_stored_plan
from tests.builders.world import a_small_world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'",
        reason="SQLite lets one writer in at a time by itself",
    ),
]

IN_TIME = datetime(2026, 12, 3, 18, 0, tzinfo=UTC)


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Run tasks in threads that begin together; return what each gave or raised."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return task()
        except Exception as error:  # noqa: BLE001 - the refusal is what is looked at
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def publishing(plan: Plan) -> Callable[[], Publication]:
    return lambda: publish(
        plan=Plan.objects.get(pk=plan.pk),
        by=None,
        actor="system",
        expected_previous=None,
    )


def test_of_two_plans_published_at_once_one_is_in_force():
    world = a_small_world()
    plans = [a_plan(world.site, dict.fromkeys(world.racks, IN_TIME)) for _ in range(2)]

    results = at_once(*(publishing(plan) for plan in plans))

    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 1
    assert type(refused[0]) in {NewerPublicationError, ReplacedPlanError}
    assert [one.number for one in Publication.objects.all()] == [1]
    assert CustomerPromise.objects.filter(order=world.order).count() == 1


def test_one_plan_published_four_times_at_once_is_published_once():
    world = a_small_world()
    plan = a_plan(world.site, dict.fromkeys(world.racks, IN_TIME))

    results = at_once(*(publishing(plan) for _ in range(4)))

    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in refused] == [AlreadyPublishedError] * 3
    assert Publication.objects.get().number == 1
    assert CustomerPromise.objects.filter(order=world.order).count() == 1


def test_a_plan_is_published_with_its_rows_or_not_at_all_while_a_newer_one_comes():
    world = a_small_world()
    older = a_stored_plan(world.site)

    results = at_once(publishing(older), lambda: a_stored_plan(world.site))

    assert {type(one) for one in results} <= {Publication, Plan, ReplacedPlanError}
    was_published = Publication.objects.filter(plan=older).exists()
    assert older.planned_steps.exists() is was_published


def test_two_sites_publish_at_once_and_neither_waits_in_vain():
    worlds = [a_small_world(), a_small_world()]
    plans = [a_plan(one.site, dict.fromkeys(one.racks, IN_TIME)) for one in worlds]

    results = at_once(*(publishing(plan) for plan in plans))

    assert [type(result) for result in results] == [Publication, Publication]
    assert {one.site for one in Publication.objects.all()} == {w.site for w in worlds}
