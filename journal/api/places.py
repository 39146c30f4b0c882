"""Cursors: opaque places in a list, told apart by the list they belong to."""

import base64
import binascii

from rest_framework.exceptions import ValidationError

EVENTS = "ev"
"""Prefix of the change feed."""


def cursor_at(prefix: str, place: int) -> str:
    """Return the opaque cursor of a place, at least 0, in the list of a prefix."""
    text = f"{prefix}:{place}".encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def place_of(prefix: str, cursor: str, name: str) -> int:
    """Return the place a cursor stands at.

    Raises:
        ValidationError: If it is no cursor of this list; ``name`` is the list's.
    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        found, _, key = base64.urlsafe_b64decode(padded).decode().partition(":")
        place = int(key) if key.isascii() and key.isdigit() else -1
    except (binascii.Error, ValueError):
        found, place = "", -1
    if found != prefix or not 0 <= place < 2**63:
        raise ValidationError(
            {"cursor": [f"This is no cursor of {name}; begin without one."]}
        )
    return place
