"""``manage.py optimize``: ask for a run on live data, as the Optimize button does."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factory.models import Site
from scheduling.errors import SchedulingError
from scheduling.models import Run
from scheduling.services.runs import DEFAULT_TIME_LIMIT_S, request_run
from scheduling.services.scenarios import base_scenario

LOOK_EVERY_S = 0.5


class Command(BaseCommand):
    """Ask for a run of a site's live data and, if wanted, wait for its end."""

    help = "Ask for an optimization of a site's live data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the run's settings and whether to wait."""
        parser.add_argument("--site", help="Code; needed where there are several.")
        parser.add_argument("--seconds", type=int, default=DEFAULT_TIME_LIMIT_S)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--repair",
            choices=Run.Favour.values,
            help="Mend the plan in force, and what to spare first.",
        )
        parser.add_argument("--wait", action="store_true", help="Wait for the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask; with ``--wait`` say how the run goes and fail if it does.

        Raises:
            CommandError: If there is no such site, the run is refused or it fails.
        """
        scenario = base_scenario(_site(options["site"]))
        try:
            run = request_run(
                scenario=scenario,
                by=None,
                actor="system",
                time_limit_s=options["seconds"],
                seed=options["seed"],
                kind=Run.Kind.REPAIR if options["repair"] else Run.Kind.OPTIMIZE,
                favour=Run.Favour(options["repair"] or Run.Favour.BALANCE),
            )
        except SchedulingError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"Run {run.pk} of {scenario.site} is {run.state}.")
        if options["wait"]:
            self._wait(run)

    def _wait(self, run: Run) -> None:
        """Look at the run until it has ended, saying what has changed.

        Raises:
            CommandError: If the run fails; with its reasons.
        """
        said = ""
        while not run.is_finished:
            time.sleep(LOOK_EVERY_S)
            run.refresh_from_db()
            line = _line(run)
            if line != said:
                self.stdout.write(line)
                said = line
        if run.state == Run.State.FAILED:
            raise CommandError(run.error)


def _site(code: str | None) -> Site:
    """Return the site with a code, or the only one.

    Raises:
        CommandError: If there is none, or several and no code.
    """
    sites = Site.objects.filter(code=code) if code else Site.objects.all()
    found = list(sites[:2])
    if len(found) == 1:
        return found[0]
    if code:
        raise CommandError(f"There is no site {code}.")
    if found:
        raise CommandError("There are several sites: name one with --site.")
    raise CommandError("There is no site yet: load one first.")


def _line(run: Run) -> str:
    """Say in one line how a run stands, in whole dollars."""
    best, bound = (
        "none yet" if cents is None else f"${cents // 100:,}"
        for cents in (run.best_cents, run.bound_cents)
    )
    return f"{run.state:<9}  {run.phase:<12}  best {best}  bound {bound}"
