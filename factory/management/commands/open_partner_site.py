"""``manage.py open_partner_site``: a smaller site that can build what another can."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factory.errors import FactoryError
from factory.models import Site
from factory.services.partner_site import open_partner_site

WATTS_PER_KILOWATT = 1_000
MINUTES_PER_HOUR = 60


class Command(BaseCommand):
    """Open a partner's site beside one that exists."""

    help = "Open a smaller site with another's ways of working and a lane to it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what can be chosen."""
        parser.add_argument("origin", help="Code of the site that exists.")
        parser.add_argument("code", help="Code of the new one.")
        parser.add_argument("name", help="Its name.")
        parser.add_argument("--bays", type=int, default=8)
        parser.add_argument("--import-kw", type=int, default=1_200)
        parser.add_argument("--transit-h", type=int, default=30)

    def handle(self, *args: Any, **given: Any) -> None:
        """Open it, or say why not."""
        origin = Site.objects.filter(code=given["origin"]).first()
        if origin is None:
            raise CommandError(f"There is no site {given['origin']}.")
        try:
            site = open_partner_site(
                origin=origin,
                code=given["code"],
                name=given["name"],
                bays=given["bays"],
                import_w=given["import_kw"] * WATTS_PER_KILOWATT,
                transit_min=given["transit_h"] * MINUTES_PER_HOUR,
            )
        except FactoryError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{site.name} is open with {site.power_bays.count()} bays.")
