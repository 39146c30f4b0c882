"""JSON bodies, refused where Python's parser would give up with a crash."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

DEEPEST = 32


class PlainJSONParser(JSONParser):
    """Parse JSON that says each thing once, nested no deeper than ``DEEPEST``."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever was sent
        """Return the body.

        Raises:
            ParseError: If it is not JSON in UTF-8, is nested too deep, or names a
                member of an object twice.
        """
        try:
            parsed = json.loads(
                stream.read().decode(),
                object_pairs_hook=_once,
                parse_constant=strict_constant,
            )
        except RecursionError as error:
            raise ParseError("The JSON is nested too deep.") from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        if _is_deeper(parsed, DEEPEST):
            raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.")
        return parsed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object.

    Raises:
        ParseError: If a member is named twice: readers would differ about which holds.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The member {_printable(twice)} is given twice.")
    return found


def _printable(name: str) -> str:
    """Return a name that any reader can show."""
    return ascii(name[:60])


def _is_deeper(value: object, levels: int) -> bool:
    """Say whether a value is nested deeper than so many levels."""
    inner: Iterable[object]
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return False
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
