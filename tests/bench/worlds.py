"""Databases of the benchmark: each fresh, filled with the demo, and gone afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from factory.models import Site
from scheduling import demo
from scheduling.models import Scenario
from suppliers.demo import load_commitments
from suppliers.models import Commitment, Supplier
from tests.bench.row import say

AS_OF = datetime(2026, 11, 23, 8, tzinfo=ZoneInfo("America/Monterrey"))
"""The demo's present where a figure depends on it: a Monday at the start of a shift."""

HOST = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One loaded demo.

    Attributes:
        racks: How many it has.
        seed: Of everything drawn.
        as_of: Its present.
    """

    racks: int
    seed: int
    as_of: datetime

    @property
    def site(self) -> Site:
        """Return the demo's site."""
        return Site.objects.get()

    @property
    def scenario(self) -> Scenario:
        """Return its live data."""
        return Scenario.objects.get(is_base=True)

    def describe(self) -> str:
        """Return what the figures depend on, in words."""
        return (
            f"{self.racks:,} racks, {Supplier.objects.count()} suppliers, "
            f"{Commitment.objects.for_staff().count():,} commitments"
        )


@contextmanager
def a_world(
    *, racks: int, seed: int, as_of: datetime, commitments: int = 0
) -> Iterator[World]:
    """Load the demo into a database of its own; drop it afterwards.

    Args:
        racks: How many.
        seed: Of everything drawn.
        as_of: The demo's present.
        commitments: Make the ledger this large; 0: as large as the demo's is.
    """
    with _a_database(f"{racks}_{commitments}"):
        say(
            f"Loading {racks:,} racks"
            + f", {commitments:,} commitments." * bool(commitments)
        )
        demo.load(racks=racks, seed=seed, as_of=as_of)
        world = World(racks=racks, seed=seed, as_of=as_of)
        if commitments:
            load_commitments(site=world.site, total=commitments, seed=seed, as_of=as_of)
        _analyze()
        yield world


def a_reader(username: str) -> Client:
    """Return a signed-in client of the demo's person."""
    client = Client(SERVER_NAME=HOST)
    client.force_login(User.objects.get(username=username))
    return client


@contextmanager
def _a_database(name: str) -> Iterator[None]:
    """Make a database beside the configured one, with all its tables."""
    before = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        path = str(Path(before).with_name(f"bench_{name}.sqlite3"))
    else:
        path = f"test_{before}_{os.getpid()}_{name}"
    connection.settings_dict["TEST"]["NAME"] = path
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def _analyze() -> None:
    """Let PostgreSQL count its rows, as it would by itself by and by; SQLite never."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
