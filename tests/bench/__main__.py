"""``python -m tests.bench``: measure the figures and print them beside their goals.

Works on temporary SQLite databases, or beside the one that ``DATABASE_URL`` names; what
it makes is gone afterwards. A goal that is not reached is printed, not an error.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SEED = 1
RACKS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is measured and how long.

    Attributes:
        is_quick: Shorter searches, fewer requests, no 10,000 racks.
        only: Names of sections; empty for all.
        seed: Of all demo data.
        racks: Of the site whose pages are measured one by one.
    """

    is_quick: bool
    only: tuple[str, ...]
    seed: int
    racks: int


def main(arguments: list[str]) -> int:
    """Measure, print one table, return 0."""
    # Settings read the environment once, so it is set before anything reads them.
    with tempfile.TemporaryDirectory(prefix="rackline-bench-") as folder:
        _prepare_environment(Path(folder))
        import django

        django.setup()
        from tests.bench import sections
        from tests.bench.machine import machine, versions
        from tests.bench.row import say, table

        options = _parsed(arguments, tuple(sections.SECTIONS))
        # Asked before any measuring: the databases are gone at the end.
        about = f"{machine()}\n{versions()}"
        rows = []
        for name, section in sections.SECTIONS.items():
            is_usual = not options.only and name not in sections.ALONE
            if is_usual or name in options.only:
                say(f"Measuring {name}.")
                rows += section(options)
        sys.stdout.write(f"{about}\n")
        sys.stdout.write(f"Demo data by seed {options.seed}")
        sys.stdout.write(
            ", quick: shorter than the goals ask for.\n\n" * options.is_quick or ".\n\n"
        )
        sys.stdout.write(f"{table(rows)}\n")
        missed = sum(row.is_missed for row in rows)
        goals = sum(bool(row.goal) for row in rows)
        sys.stdout.write(f"\n{goals - missed} of {goals} goals reached.\n")
    return 0


def _prepare_environment(folder: Path) -> None:
    """Choose the settings of the demo, writing nowhere but in a folder of our own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    os.environ["RACKLINE_VAR"] = str(folder)
    # Where collected files would be; its absence is warned of.
    (folder / "static").mkdir()
    os.environ["RACKLINE_DEMO"] = "1"
    os.environ["DEBUG"] = "0"
    os.environ["DATABASE_POOL_MAX"] = "0"
    os.environ.setdefault("LOG_LEVEL", "ERROR")


def _parsed(arguments: list[str], names: tuple[str, ...]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="Shorter searches, fewer requests a page, nothing of 10,000 racks.",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"One section, may be given again: {', '.join(names)}.",
    )
    parser.add_argument("--seed", type=int, default=SEED, help="Of all demo data.")
    parser.add_argument(
        "--racks", type=int, default=RACKS, help="Of the site in the section pages."
    )
    given = parser.parse_args(arguments)
    return Options(
        is_quick=given.quick,
        only=tuple(given.only or ()),
        seed=given.seed,
        racks=given.racks,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
