"""``manage.py poll_grid``: ask every utility's OpenADR server once, now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduling.grid_poller import Poller
from scheduling.models import GridLink


class Command(BaseCommand):
    """Ask for grid events and say what came of each."""

    help = "Ask every OpenADR server that is set up for its events, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a site's code."""
        parser.add_argument("--site", help="Code; all sites with a link by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, apply, and say what was said.

        Raises:
            CommandError: If no link is set up, or a server cannot be asked.
        """
        links = GridLink.objects.filter(is_on=True)
        if options["site"]:
            links = links.filter(site__code=options["site"])
        if not links.exists():
            raise CommandError(
                "No link to an OpenADR server is set up; the admin has Grid links."
            )
        links.update(asked_at=None)
        poller = Poller()
        poller.work()
        for one in poller.note_finished(until_all=True):
            self.stdout.write(f"{one.outcome.value}: {one.sentence}")
        failures = [link.failure for link in links.exclude(failure="").order_by("site")]
        if failures:
            raise CommandError(" ".join(failures))
