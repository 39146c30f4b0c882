"""`manage.py load_demo`: fill an empty database with the demo, once."""

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from factory.demo_data import read_data
from journal.models import Event
from scheduling import demo
from scheduling.errors import DatabaseInUseError

RACKS_RANGE = (30, 10_000)
DEFAULT_RACKS = 120
DEFAULT_SEED = 1
START_OF_SHIFT = time(8)


class Command(BaseCommand):
    """Load the demo site with its orders, suppliers, people and log-ins."""

    help = "Fill an empty database with the demo; a second call changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many racks, which seed, which moment."""
        parser.add_argument("--racks", type=int, help="30 to 10,000; default 120.")
        parser.add_argument("--seed", type=int, help="Of everything drawn; default 1.")
        parser.add_argument(
            "--as-of",
            help="The demo's present: a date (08:00 at the site) or a date and time; "
            "default this hour.",
        )
        parser.add_argument("--print-logins", action="store_true")

    def handle(self, *args: object, **options: Any) -> None:
        """Load, or say that it is loaded; then print the log-ins if asked."""
        del args
        racks = options["racks"]
        low, high = RACKS_RANGE
        if racks is not None and not low <= racks <= high:
            message = f"--racks is {racks}; {low} to {high:,} can be made."
            raise CommandError(message)
        as_of = moment_of(options["as_of"]) if options["as_of"] else None
        loaded = demo.loaded()
        if loaded is None:
            said = self._load(racks or DEFAULT_RACKS, options["seed"], as_of)
        else:
            said = already(loaded, racks=racks, seed=options["seed"], as_of=as_of)
        if options["verbosity"] and not options["print_logins"]:
            self.stdout.write(said)
        if options["print_logins"]:
            self.stdout.write(table(demo.log_ins()))

    def _load(self, racks: int, seed: int | None, as_of: datetime | None) -> str:
        """Fill the database; return a sentence about it."""
        this_hour = timezone.now().replace(minute=0)
        try:
            event = demo.load(
                racks=racks,
                seed=DEFAULT_SEED if seed is None else seed,
                as_of=as_of or this_hour,
            )
        except DatabaseInUseError as error:
            raise CommandError(str(error)) from error
        return f"The demo is loaded: {facts(event)}."


def moment_of(text: str) -> datetime:
    """Return ``--as-of`` as an aware moment.

    Raises:
        CommandError: If it is neither a date nor a date and time.
    """
    zone = ZoneInfo(read_data("site")["zone"])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"--as-of is {text}; say a date such as 2026-11-23."
        raise CommandError(message) from error
    if "T" not in text and " " not in text:
        moment = datetime.combine(moment.date(), START_OF_SHIFT)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def facts(event: Event) -> str:
    """Word what a demo was loaded with."""
    held = event.after or {}
    return f"{held['racks']:,} racks, seed {held['seed']}, as of {held['as_of']}"


def already(event: Event, **wanted: Any) -> str:
    """Say that the demo is there; other wishes need an empty database.

    Raises:
        CommandError: If a wish differs from what is loaded.
    """
    held = event.after or {}
    if wanted["as_of"] is not None:
        wanted["as_of"] = wanted["as_of"].isoformat()
    said = f"The demo is loaded already: {facts(event)}. Nothing was changed."
    if any(value not in {None, held[name]} for name, value in wanted.items()):
        message = f"{said} Start from an empty database to load another."
        raise CommandError(message)
    return said


def table(rows: list[demo.Login]) -> str:
    """Lay log-ins out in columns."""
    head = ("Who", "Name", "Sign in as", "Password or key", "Opens")
    cells = [
        head,
        *(
            (row.who, row.name, row.username or "–", row.secret or "–", row.opens)
            for row in rows
        ),
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    ]
    return "\n".join(line.rstrip() for line in lines)
