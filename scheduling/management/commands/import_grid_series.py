"""``manage.py import_grid_series``: read an hourly series of the grid from a CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from factory.models import Site
from scheduling.errors import GridSeriesError
from scheduling.models import GridSeries
from scheduling.services.grid_series import keep_series


class Command(BaseCommand):
    """Keep a load, price or carbon series."""

    help = "Read an hourly series of the grid: two columns, hour and number."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and what it is."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", required=True, help="Code.")
        parser.add_argument(
            "--kind", choices=GridSeries.Kind.values, default=GridSeries.Kind.LOAD
        )
        parser.add_argument(
            "--name", help="Where it comes from; the file's by default."
        )
        parser.add_argument("--zone", help="Of its hours; the site's by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and keep it.

        Raises:
            CommandError: If there is no such site, zone or file, or a line of it
                cannot be read; names it.
        """
        site = Site.objects.filter(code=options["site"]).first()
        if site is None:
            known = ", ".join(
                Site.objects.order_by("code").values_list("code", flat=True)
            )
            raise CommandError(
                f"There is no site {options['site']}; there is {known or 'none'}."
            )
        try:
            zone = ZoneInfo(options["zone"] or site.zone)
            with options["file"].open(encoding="utf-8", newline="") as lines:
                series = keep_series(
                    site=site,
                    kind=GridSeries.Kind(options["kind"]),
                    name=options["name"] or options["file"].stem,
                    lines=lines,
                    zone=zone,
                    actor="system",
                )
        except (GridSeriesError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(f"There is no time zone {options['zone']}.") from error
        self.stdout.write(
            f"{series.get_kind_display()} of {site.name}: {len(series.values):,} hours."
        )
