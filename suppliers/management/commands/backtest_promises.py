"""``manage.py backtest_promises``: prove promise to probability on a history."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from suppliers.arrivals import LEVELS
from suppliers.backtest import HistoryError, Year, mean_loss, read_history, replay

REPLAYS = (
    (12, "Learnt once a year, on 1 January, and not again until the next"),
    (1, "Learnt anew on the first of each month, nearer to how the product does"),
)


class Command(BaseCommand):
    """Print coverage and pinball loss by rolling yearly origin."""

    help = (
        "Replay a CSV file of past deliveries (vendor, product group, scheduled and "
        "delivered dates) and print how P50 to P95 arrivals would have held."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print both replays, and each year that fails.

        Raises:
            CommandError: If the file cannot be read or has no two years.
        """
        try:
            outcomes = read_history(options["file"])
        except HistoryError as error:
            raise CommandError(str(error)) from error
        for every_months, title in REPLAYS:
            years = list(replay(outcomes, every_months=every_months))
            if not years:
                raise CommandError(
                    f"{options['file'].name} has no two years of deliveries to replay."
                )
            self._print(title, years)

    def _print(self, title: str, years: list[Year]) -> None:
        """Print one replay as a table."""
        heads = "".join(f"{f'P{level} before/by':>18}" for level in LEVELS)
        self.stdout.write(f"\n{title}\nyear  lines{heads}    loss  promised  pooled")
        for year in years:
            cells = "".join(
                f"{f'{item.before:.3f}/{item.by:.3f}':>16}"
                f"{'  ' if item.holds else ' ✗'}"
                for item in year.coverage
            )
            self.stdout.write(
                f"{year.year}  {year.lines:5}{cells}{year.loss:8.3f}"
                f"{year.loss_promised:10.3f}{year.loss_pooled:8.3f}"
            )
        ours, promised, pooled = mean_loss(years)
        self.stdout.write(f"all   {sum(year.lines for year in years):5}")
        self.stdout.write(
            f"Pinball loss {ours:.3f} days; the promised date {promised:.3f}; "
            f"all delays so far {pooled:.3f}."
        )
        failed = [
            f"{year.year} P{item.level}"
            for year in years
            for item in year.coverage
            if not item.holds
        ]
        beaten = [
            str(year.year)
            for year in years
            if year.loss > min(year.loss_promised, year.loss_pooled)
        ]
        self.stdout.write(f"Levels that fail: {', '.join(failed) or 'none'}.")
        self.stdout.write(
            f"Years in which a baseline loses less: {', '.join(beaten) or 'none'}."
        )
