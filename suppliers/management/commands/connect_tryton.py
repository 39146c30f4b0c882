"""``manage.py connect_tryton``: keep a Tryton server and Rackline in step."""

import signal
import threading
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from suppliers.connectors.book import BookTakenError
from suppliers.connectors.patience import PassingError, RefusedError
from suppliers.connectors.tryton import Settings, run_once

NEEDED = ("TRYTON_URL", "TRYTON_KEY", "TRYTON_RACKLINE_KEY")


class Command(BaseCommand):
    """Bring Tryton and Rackline in step, once or until SIGTERM."""

    help = "Bring Tryton and Rackline in step, once or every so often until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--once`` and the interval."""
        parser.add_argument("--once", action="store_true", help="One cycle, then end.")
        parser.add_argument(
            "--interval",
            type=int,
            default=settings.TRYTON_INTERVAL_S,
            help="Seconds between two cycles.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Connect; a cycle under way ends before the process does.

        Raises:
            CommandError: If a setting is missing, or with ``--once`` if the cycle
                could not end or had problems.
        """
        wanted = _settings()
        if options["once"]:
            problems = self._cycle(wanted)
            if problems:
                raise CommandError(f"{len(problems)} problems; they are named above.")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            self._cycle(wanted)
            stop.wait(max(1, options["interval"]))

    def _cycle(self, wanted: Settings) -> list[str]:
        """Do one cycle, say what it did and return its problems."""
        try:
            report = run_once(wanted)
        except BookTakenError as error:
            raise CommandError(str(error)) from error
        except (PassingError, RefusedError) as error:
            self.stderr.write(str(error))
            return [str(error)]
        for problem in report.problems:
            self.stderr.write(problem)
        self.stdout.write(str(report))
        return report.problems


def _settings() -> Settings:
    """Return what the environment says.

    Raises:
        CommandError: If something needed is missing.
    """
    missing = [name for name in NEEDED if not getattr(settings, name)]
    if missing:
        raise CommandError(f"Set {', '.join(missing)}; docs/tryton.md explains them.")
    return Settings(
        tryton_url=settings.TRYTON_URL,
        tryton_key=settings.TRYTON_KEY,
        company=settings.TRYTON_COMPANY,
        rackline_url=settings.PUBLIC_URL,
        rackline_key=settings.TRYTON_RACKLINE_KEY,
        system=settings.TRYTON_SYSTEM,
        book=settings.TRYTON_BOOK,
        back=timedelta(days=settings.TRYTON_BACK_DAYS),
    )
