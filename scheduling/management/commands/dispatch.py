"""``manage.py dispatch``: run the dispatcher in this process."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from journal.webhooks.courier import Courier
from scheduling.dispatcher import chores, run_until, tick


class Command(BaseCommand):
    """Number events, send runs to the broker, reap silent ones; until SIGTERM."""

    help = "Number events, send runs to the broker and reap silent ones, until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--once``."""
        parser.add_argument("--once", action="store_true", help="Do each chore once.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Dispatch; a signal lets the chore in hand and sendings end first."""
        courier = Courier()
        work = chores(courier=courier)
        if options["once"]:
            tick(work)
        else:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            run_until(stop, work)
        courier.finish()
