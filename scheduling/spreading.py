"""Parts of a large run between its search's thread, the rows, and who helps.

The search hands parts out and asks for answers from a thread that may not touch the
database; the run's own thread carries them to rows and messages and back.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from kombu.exceptions import OperationalError

from scheduling.blobs import problem_named
from scheduling.engine.spread.rounds import Task
from scheduling.engine.spread.work import Helper
from scheduling.models import RunPart
from scheduling.outbox import send_parts
from scheduling.services import parts
from scheduling.services.parts import Standing
from scheduling.services.runs import Lease

log = structlog.get_logger("rackline.spreading")

NOBODY = Standing(taken=0, answers={})
HELPER = Helper()
"""This process's; it keeps a run's problem laid out from one round to the next."""


class Mailbox:
    """What a search offers to helpers, and what they answer.

    Attributes:
        most: How many other workers may help.
        is_open: Whether questions may be on their way, so that it is worth looking
            often.
    """

    def __init__(self, most: int, problem: bytes) -> None:
        """Begin empty.

        Args:
            most: How many other workers may help.
            problem: The run's, as canonical JSON.
        """
        self.most = most
        self._problem = problem
        self._lock = threading.Lock()
        self._offered: tuple[Task, ...] | None = None
        self._standing = NOBODY
        # A search of a large plan asks at once.
        self.is_open = most > 0
        self._is_kept = False

    def offer(self, tasks: Sequence[Task]) -> None:
        """Hand tasks out; what an earlier round left is forgotten."""
        with self._lock:
            self._offered, self._standing = tuple(tasks), NOBODY
            self.is_open = True

    def answers(self) -> Mapping[int, bytes]:
        """Return placements that have come, by the task's number."""
        with self._lock:
            return self._standing.answers

    def taken(self) -> int:
        """Return how many of the tasks somebody has begun."""
        with self._lock:
            return self._standing.taken

    def carry(self, lease: Lease) -> None:
        """Bring what is offered to rows and the broker, and answers back.

        Called by the thread that looks after the run. About two queries, none while
        nothing has ever been offered.
        """
        with self._lock:
            offered, self._offered = self._offered, None
            if offered is not None or not self._is_kept:
                self.is_open = bool(offered)
        if offered is not None:
            if offered and not self._is_kept:
                parts.keep_problem(self._problem)
                self._is_kept = True
            _send(parts.offer(lease, offered))
        elif self.is_open:
            found = parts.standing(lease)
            with self._lock:
                if self._offered is None:
                    self._standing = found


def _send(rows: list[int]) -> None:
    """Tell other workers of parts; without a broker nobody helps."""
    try:
        send_parts(rows)
    except OperationalError:
        log.warning("the broker does not answer; nobody helps with this round")


def execute(part: RunPart) -> None:
    """Search a claimed part and write down what was found."""
    with structlog.contextvars.bound_contextvars(run=part.run_id, part=part.number):
        found = HELPER.work(
            bytes(part.question),
            name=part.run.input_hash,
            problem=partial(problem_named, part.run.input_hash),
            seconds=part.seconds,
            seed=part.seed,
            cooled=part.cooled,
        )
        if not parts.answer(part, found):
            log.info("the answer came too late")
