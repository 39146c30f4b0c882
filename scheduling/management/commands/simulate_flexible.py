"""``manage.py simulate_flexible``: a year of the grid for each contract tried."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factory.models import Site
from scheduling.errors import SchedulingError
from scheduling.flexible import (
    FIRM_PERCENTS,
    HOURS,
    IMPORT_PERCENTS,
    Tried,
    rows_of,
    simulate,
)


class Command(BaseCommand):
    """Simulate a year, say how far it is, and keep the curve for the page."""

    help = "Simulate what a flexible contract would allow, over the load series."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the site and what to try."""
        parser.add_argument("--site", required=True, help="Code.")
        parser.add_argument("--firms", type=int, nargs="+", default=list(FIRM_PERCENTS))
        parser.add_argument(
            "--imports", type=int, nargs="+", default=list(IMPORT_PERCENTS)
        )
        parser.add_argument("--hours", type=int, nargs="+", default=list(HOURS))

    def handle(self, *args: Any, **options: Any) -> None:
        """Simulate and print the curve.

        Raises:
            CommandError: If there is no such site, series or rack.
        """
        site = Site.objects.filter(code=options["site"]).first()
        if site is None:
            known = ", ".join(
                Site.objects.order_by("code").values_list("code", flat=True)
            )
            raise CommandError(
                f"There is no site {options['site']}; there is {known or 'none'}."
            )
        said = -1

        def tell(what: str, share: float) -> None:
            """Say each tenth."""
            nonlocal said
            if int(share * 10) > said:
                said = int(share * 10)
                self.stderr.write(f"{said * 10} % · {what}")

        try:
            curve = simulate(
                site,
                tried=Tried(
                    firms=options["firms"],
                    imports=options["imports"],
                    hours=options["hours"],
                ),
                on_progress=tell if options["verbosity"] else None,
            )
        except SchedulingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("import kW  firm kW  hours/a  racks/week")
        for point in rows_of(curve):
            self.stdout.write(
                f"{point.import_w // 1_000:>9,}  {point.firm_w // 1_000:>7,}  "
                f"{point.hours:>7}  {point.racks_per_week:>10}"
            )
        self.stdout.write(f"{curve.seconds:.0f} s.")
