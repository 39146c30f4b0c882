#!/usr/bin/env python
"""Django's command line; development settings unless the environment says others."""

import sys

from django.core.management import execute_from_command_line

from config.celery import app as celery_app


def main() -> None:
    """Run one management command."""
    # Commands that publish find this app as Celery's current one.
    celery_app.set_default()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
