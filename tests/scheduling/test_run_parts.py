"""Parts of a run's plan: taken once, answered while wanted, then nobody's."""

import pytest
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from scheduling import spreading
from scheduling.blobs import put_problem
from scheduling.engine.decode.board import Board
from scheduling.engine.rules import order_by
from scheduling.engine.serial import digest
from scheduling.engine.spread.message import Answer, part_questions
from scheduling.engine.spread.part import cut
from scheduling.engine.spread.rounds import Task
from scheduling.errors import FencedOutError
from scheduling.models import Blob, Run, RunPart
from scheduling.services import parts, runs
from scheduling.services.runs import Lease, Progress, claim
from scheduling.services.scenarios import base_scenario
from scheduling.spreading import Mailbox
from scheduling.tasks import improve_part
from tests.builders.demo_site import a_demo_like_problem
from tests.builders.factory import a_site
from tests.builders.runs import a_run

pytestmark = pytest.mark.django_db

TASK = Task(question=b"?", seconds=1.0, seed=5, cooled=0.25)


@pytest.fixture
def lease():
    run = a_run(scenario=base_scenario(a_site()))
    return claim(run.pk, "host:1")


@pytest.fixture
def sent(monkeypatch):
    """Collect the parts that the broker is told of."""
    found = []
    monkeypatch.setattr(spreading, "send_parts", found.extend)
    return found


def test_a_part_is_taken_by_one_worker_and_answered_by_it(lease):
    (key,) = parts.offer(lease, [TASK])

    part = parts.claim(key, "host:2")

    assert (part.seconds, part.seed, part.cooled) == (1.0, 5, 0.25)
    assert parts.claim(key, "host:3") is None
    assert parts.standing(lease) == parts.Standing(taken=1, answers={})
    assert parts.answer(part, b"!")
    assert parts.standing(lease) == parts.Standing(taken=1, answers={0: b"!"})


def test_the_next_round_takes_the_last_ones_place(lease):
    (old,) = parts.offer(lease, [TASK])
    late = parts.claim(old, "host:2")

    parts.offer(lease, [TASK, TASK])

    assert not parts.answer(late, b"too late")
    assert parts.standing(lease) == parts.Standing(taken=0, answers={})
    assert RunPart.objects.count() == 2


def test_a_worker_that_lost_its_run_gets_nothing_more(lease):
    taken, untaken = parts.offer(lease, [TASK, TASK])
    part = parts.claim(taken, "host:2")
    part.run.__class__.objects.filter(pk=lease.run_id).update(fencing_token=99)

    assert not parts.answer(part, b"!")
    assert parts.claim(untaken, "host:3") is None


def test_nobody_begins_a_part_of_a_run_that_is_over_or_to_stop(lease):
    (key,) = parts.offer(lease, [TASK])

    runs.finish(lease, progress=Progress(phase="done"))

    assert parts.claim(key, "host:2") is None


def test_who_has_not_taken_a_part_cannot_answer_it(lease):
    parts.offer(lease, [TASK])

    with (
        pytest.raises(IntegrityError, match="run_part_answered_by_who_took_it"),
        transaction.atomic(),
    ):
        RunPart.objects.update(answer=b"!")


def test_a_mailbox_carries_questions_out_and_answers_back(lease, sent):
    mailbox = Mailbox(1, b"{}")
    mailbox.carry(lease)
    assert RunPart.objects.count() == 0
    assert not mailbox.is_open

    mailbox.offer([TASK])
    mailbox.carry(lease)
    assert sent == [RunPart.objects.get().pk]
    assert (mailbox.taken(), mailbox.answers()) == (0, {})

    parts.answer(parts.claim(sent[0], "host:2"), b"!")
    mailbox.carry(lease)
    assert (mailbox.taken(), mailbox.answers()) == (1, {0: b"!"})

    mailbox.offer([])
    assert mailbox.answers() == {}


def test_the_problem_is_there_for_helpers_and_gone_with_the_parts(lease, sent):
    name = digest(b"{}")
    Run.objects.filter(pk=lease.run_id).update(input_hash=name)
    mailbox = Mailbox(1, b"{}")

    mailbox.offer([TASK])
    mailbox.carry(lease)
    assert Blob.objects.filter(pk=name).exists()

    parts.withdraw(lease)
    assert not Blob.objects.filter(pk=name).exists()
    assert RunPart.objects.count() == 0


def test_a_worker_that_lost_its_run_leaves_the_new_ones_parts(lease):
    Run.objects.filter(pk=lease.run_id).update(fencing_token=lease.token + 1)
    newer = Lease(lease.run_id, lease.token + 1)
    parts.offer(newer, [TASK, TASK])

    with pytest.raises(FencedOutError):
        parts.offer(lease, [TASK])
    with pytest.raises(FencedOutError):
        parts.withdraw(lease)

    assert RunPart.objects.filter(fencing_token=newer.token).count() == 2


def test_without_a_broker_nobody_helps_and_nothing_breaks(lease, monkeypatch):
    def away(_):
        raise OperationalError

    monkeypatch.setattr(spreading, "send_parts", away)
    mailbox = Mailbox(1, b"{}")

    mailbox.offer([TASK])
    mailbox.carry(lease)
    mailbox.carry(lease)

    assert mailbox.taken() == 0


def test_the_task_searches_a_part_and_writes_it_down(lease):
    problem = a_demo_like_problem(120)
    Run.objects.filter(pk=lease.run_id).update(input_hash=put_problem(problem).digest)
    board = Board(problem)
    board.decode(order_by("earliest_due_date", board.tables))
    part = cut(board, 1, 0.5)[0]
    (message,) = part_questions(board, [part])
    task = Task(question=message, seconds=0.2, seed=1, cooled=0.0)
    (key,) = parts.offer(lease, [task])

    improve_part(key)
    improve_part(key)

    found = Answer.from_bytes(parts.standing(lease).answers[0])
    assert found.moves > 0
    assert set(found.racks) <= set(part.racks)
