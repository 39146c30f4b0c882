"""``manage.py read_bounces``: take in what mail servers say about mails of ours."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from suppliers.errors import BounceRefusedError
from suppliers.services.bounces import BYTES_MAX, read_bounce


class Command(BaseCommand):
    """Read delivery status notifications, each a file; ``-`` is standard input."""

    help = "Mark the mails that delivery status notifications tell of as bounced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="- is stdin.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read every file, say what came of each, fail if one was of no use."""
        refused = 0
        for name in options["files"]:
            try:
                message = read_bounce(raw=_read(name), now=timezone.now())
            except (BounceRefusedError, OSError) as error:
                refused += 1
                self.stderr.write(f"{name}: {error}")
            else:
                self.stdout.write(f"{name}: the mail to {message.to} has bounced.")
        if refused:
            said = f"{refused} of {len(options['files'])} were of no use."
            raise CommandError(said)


def _read(name: str) -> bytes:
    """Return a file's bytes, no more than could be a notification."""
    if name == "-":
        return sys.stdin.buffer.read(BYTES_MAX + 1)
    with Path(name).open("rb") as file:
        return file.read(BYTES_MAX + 1)
