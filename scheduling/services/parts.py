"""Parts of a run's plan: offered by its worker, taken and answered by others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from scheduling.blobs import drop_unused, put
from scheduling.models import Run, RunPart
from scheduling.services.runs import Lease, heartbeat

if TYPE_CHECKING:
    # Its module loads the solver, which the web process does without.
    from scheduling.engine.spread.rounds import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the parts of a round are.

    Attributes:
        taken: How many some worker has begun.
        answers: What came back, by number.
    """

    taken: int
    answers: dict[int, bytes]


@transaction.atomic
def offer(lease: Lease, tasks: "Sequence[Task]") -> list[int]:
    """Put a round's parts in the place of the last one's; return their keys.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    heartbeat(lease)
    RunPart.objects.filter(run=lease.run_id).delete()
    rows = RunPart.objects.bulk_create(
        RunPart(
            run_id=lease.run_id,
            fencing_token=lease.token,
            number=number,
            question=task.question,
            seconds=task.seconds,
            seed=task.seed,
            cooled=task.cooled,
        )
        for number, task in enumerate(tasks)
    )
    return [row.pk for row in rows]


def keep_problem(data: bytes) -> None:
    """Keep a run's problem where helpers find it by the run's ``input_hash``."""
    put(data)


@transaction.atomic
def withdraw(lease: Lease) -> None:
    """Take a run's parts away; who still works on one writes to nothing.

    Raises:
        FencedOutError: If the run is no longer this worker's.
    """
    heartbeat(lease)
    gone, _ = RunPart.objects.filter(run=lease.run_id).delete()
    if gone:
        drop_unused(Run.objects.get(pk=lease.run_id).input_hash)


def claim(part_id: int, owner: str) -> RunPart | None:
    """Take a part that nobody has and whose run still wants it; else None."""
    claimed = _wanted(part_id).filter(taken_by="").update(taken_by=owner)
    if not claimed:
        return None
    return RunPart.objects.select_related("run").filter(pk=part_id).first()


def answer(part: RunPart, data: bytes) -> bool:
    """Write down what was found; say whether the run still wanted it."""
    wanted = _wanted(part.pk).filter(taken_by=part.taken_by)
    return bool(wanted.update(answer=data))


def standing(lease: Lease) -> Standing:
    """Return how far the parts of this claim's round are. One query."""
    rows = RunPart.objects.filter(
        run=lease.run_id, fencing_token=lease.token
    ).values_list("number", "taken_by", "answer")
    taken, answers = 0, {}
    for number, owner, data in rows:
        taken += bool(owner)
        if data is not None:
            answers[number] = bytes(data)
    return Standing(taken=taken, answers=answers)


def _wanted(part_id: int) -> QuerySet[RunPart]:
    """Return a part if its claim of the run is the newest and the run goes on."""
    run = Run.objects.filter(
        pk=OuterRef("run_id"),
        fencing_token=OuterRef("fencing_token"),
        state=Run.State.RUNNING,
        cancel_requested_at__isnull=True,
    )
    return RunPart.objects.filter(Exists(run), pk=part_id)
