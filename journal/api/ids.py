"""Ids and codes as the API shows them; an id is a prefix and nothing to read."""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
EVENT_PREFIX = "evt"
LONGEST = 12
"""Characters of the largest key a database holds, in base 36."""


def opaque(prefix: str, key: int) -> str:
    """Return the id of a row: ``po_3f``."""
    text = ""
    while key:
        key, digit = divmod(key, len(DIGITS))
        text = DIGITS[digit] + text
    return f"{prefix}_{text or '0'}"


def event_id(seq: int | None) -> str:
    """Return the id of a numbered event, which webhooks carry too: ``evt_10412``."""
    return f"{EVENT_PREFIX}_{seq}"


def key_of(prefix: str, text: str) -> int | None:
    """Return the key inside an id; None if it is no id of this kind."""
    found = re.fullmatch(rf"{re.escape(prefix)}_([0-9a-z]{{1,{LONGEST}}})", text)
    return int(found[1], len(DIGITS)) if found else None


def key_or_404(prefix: str, text: str, name: str) -> int:
    """Return the key inside an id.

    Raises:
        NotFound: If it is no id of this kind; names what was looked for.
    """
    key = key_of(prefix, text)
    if key is None:
        raise NotFound(f"There is no {name} {text[:40]}.")
    return key


class OpaqueId(serializers.CharField):
    """A row's own key, or a foreign one, as an opaque id."""

    def __init__(self, prefix: str, **options: Any) -> None:
        """Take the kind's prefix."""
        super().__init__(read_only=True, **{"source": "pk"} | options)
        self.prefix = prefix

    def to_representation(self, value: Any) -> str:  # noqa: ANN401 - a key
        """Return the id."""
        return opaque(self.prefix, value)


class Codes(serializers.ListField):
    """The codes of related rows that are loaded already."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read only."""
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> list[str]:  # noqa: ANN401 - a manager
        """Return the codes, sorted."""
        return sorted(row.code for row in value.all())
