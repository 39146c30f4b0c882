"""What the demo does with its database, each step in a process of its own."""

import os
import sys

import django
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError


def load() -> None:
    """Bring the tables up to date, fill an empty database, print the log-ins."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not apps.get_model("factory", "Site").objects.exists():
        print("Loading the demo site (on the first start only).", file=sys.stderr)
    call_command("load_demo", print_logins=True)


def optimize() -> None:
    """Ask for a first optimization, if there has never been one."""
    if not apps.get_model("scheduling", "Run").objects.exists():
        call_command("optimize", verbosity=0)


def main() -> None:
    """Run the step named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    step = {"load": load, "optimize": optimize}[sys.argv[1]]
    try:
        step()
    except (CommandError, OperationalError) as error:
        sys.exit(str(error).strip())


if __name__ == "__main__":
    main()
