"""Asks utilities' servers for their events: beside the dispatcher's other chores.

Threads only talk to servers; the database is the caller's own, so a server that is
slow, or away, holds up nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from scheduling.errors import VtnError
from scheduling.models import GridLink
from scheduling.openadr.client import Vtn
from scheduling.queries.grid_reports import reports_of
from scheduling.services import grid_links
from scheduling.services.grid_links import Fetched
from scheduling.services.grid_openadr import Applied, Outcome

log = structlog.get_logger("rackline.grid")

THREADS = 4
REPORT_EVERY = timedelta(minutes=15)


@dataclass(slots=True)
class Poller:
    """Asks servers that are due.

    Attributes:
        server: Makes the client of a link's server.
        clock: Now.
        threads: Talk to servers.
        under_way: Which link each thread is busy with.
    """

    server: Callable[[GridLink], Vtn] = grid_links.vtn_of
    clock: Callable[[], datetime] = timezone.now
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "vtn")
    )
    under_way: dict[Future[Fetched], GridLink] = field(default_factory=dict)
    servers: dict[tuple[int, str], Vtn] = field(default_factory=dict)

    def work(self) -> None:
        """Note what has come back, ask what is due."""
        self.note_finished()
        now = self.clock()
        busy = {link.pk for link in self.under_way.values()}
        for link in grid_links.due(now):
            if link.pk not in busy:
                self._begin(link, now)

    def note_finished(self, *, until_all: bool = False) -> list[Applied]:
        """Write down what servers have said; wait for all of them if asked to."""
        if until_all:
            wait(self.under_way)
        found: list[Applied] = []
        for future in [one for one in self.under_way if one.done()]:
            link = self.under_way.pop(future)
            applied = grid_links.note(link, future.result(), self.clock())
            for one in applied:
                if one.outcome not in (Outcome.UNCHANGED, Outcome.IGNORED):
                    log.info("grid event", site=link.site.code, said=one.sentence)
            found += applied
        return found

    def _begin(self, link: GridLink, now: datetime) -> None:
        """Ask one server, in a thread."""
        grid_links.mark_asked(link, now)
        reports: list[dict[str, Any]] = []
        if link.reported_at is None or now - link.reported_at >= REPORT_EVERY:
            reports = reports_of(link, now)
        try:
            vtn = self._server(link)
        except VtnError as error:
            grid_links.note(link, Fetched(bodies=None, failure=str(error)), now)
            return
        future = self.threads.submit(grid_links.fetch, vtn, link.program, reports)
        self.under_way[future] = link

    def _server(self, link: GridLink) -> Vtn:
        """Return the client of a link, which keeps its token while nothing changes."""
        key = (link.pk, f"{link.vtn_url} {link.client_id}")
        if key not in self.servers:
            self.servers[key] = self.server(link)
        return self.servers[key]
