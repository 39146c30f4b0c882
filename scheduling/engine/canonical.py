"""Frozen dataclasses as canonical JSON, and back, exactly.

Canonical means: keys sorted, no spaces, UTF-8, so that equal objects have equal bytes
and equal digests. A field that holds its default is left out unless its class keeps it.
What is read is checked against the dataclass's annotations: unknown and missing fields,
numbers that are not whole and words that are not known are refused by name.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scheduling.engine.errors import InvalidProblemError

Reader = Callable[[Any], Any]
Keeps = Callable[[type, str], bool]
"""Says of a class and a field whether it is written even when it is the default."""


class WrongValueError(InvalidProblemError):
    """One value is of another type; whoever knows its field's name says so."""


def dumped(plain: object) -> bytes:
    """Return canonical JSON."""
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def plain(value: Any, keeps: Keeps) -> Any:  # noqa: ANN401 - any part of a problem
    """Return a value as JSON's own types."""
    kind: Any = type(value)
    if kind is int or kind is str or value is None or kind is bool:
        return value
    if kind is tuple:
        return [plain(inner, keeps) for inner in value]
    if isinstance(value, Enum):
        return value.value
    written = {}
    for name, default in _written(kind, keeps):
        inner = getattr(value, name)
        if inner != default:
            written[name] = plain(inner, keeps)
    return written


@cache
def _written(kind: Any, keeps: Keeps) -> tuple[tuple[str, object], ...]:  # noqa: ANN401
    """Return each field's name and the default that need not be written."""
    return tuple(
        (field.name, object() if keeps(kind, field.name) else _default(field))
        for field in fields(kind)
    )


def _default(field: Field[Any]) -> object:
    """Return a field's default, or something nothing equals."""
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return object()


def loaded(name: str, data: bytes, version: int) -> dict[str, Any]:
    """Parse bytes as an object of a version.

    Raises:
        InvalidProblemError: If it is no JSON object or of another version.
    """
    found = parsed(name, data)
    given = found.get("version")
    if type(given) is not int or given != version:
        raise InvalidProblemError(
            name, "version", given, f"version {version} is read here"
        )
    return found


def parsed(name: str, data: bytes) -> dict[str, Any]:
    """Parse bytes as a JSON object of any kind.

    Raises:
        InvalidProblemError: If it is something else.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidProblemError(name, "json", "unreadable", "JSON is read") from None
    return found if isinstance(found, dict) else {}


def read(kind: Any, value: object) -> Any:  # noqa: ANN401 - JSON in, a dataclass out
    """Return the dataclass that JSON's own types hold.

    Raises:
        InvalidProblemError: Names the object, the field and what was given.
    """
    reader: Any = _reader
    return reader(kind)(value)


@cache
def _reader(kind: Any) -> Reader:  # noqa: ANN401 - a type expression
    """Return the function that reads one type from JSON's own types."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _object_reader(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple_reader(inner)
    if origin is UnionType or origin is Union:
        (some,) = (_reader(one) for one in inner if one is not NoneType)
        return lambda value: None if value is None else some(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    return _scalar_reader(getattr(kind, "__supertype__", kind))


def _object_reader(kind: type) -> Reader:
    """Return the reader of a dataclass; unknown and missing fields are refused."""
    hints = get_type_hints(kind)
    readers: dict[str, Reader] = {}
    needed = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }

    def read_object(value: Any) -> Any:  # noqa: ANN401 - JSON in, a dataclass out
        """Read one object."""
        if not isinstance(value, Mapping):
            raise _wrong(kind.__name__, value, "an object is needed")
        if not readers:
            readers.update({name: _reader(hint) for name, hint in hints.items()})
        strange = value.keys() - readers.keys()
        missing = needed - value.keys()
        if strange or missing:
            raise InvalidProblemError(
                kind.__name__,
                min(strange or missing),
                "not known" if strange else "missing",
                "fields are those of the documented form",
            )
        return kind(
            **{name: _field(kind, value, name, readers[name]) for name in value}
        )

    return read_object


def _field(kind: type, value: Mapping[str, Any], name: str, reader: Reader) -> Any:  # noqa: ANN401
    """Read one field; a value of another type is refused by object and field."""
    try:
        return reader(value[name])
    except WrongValueError as error:
        key = value.get("key")
        own = f"{kind.__name__} {key}" if isinstance(key, str) else kind.__name__
        raise InvalidProblemError(own, name, error.value, error.limit) from None


def _tuple_reader(inner: tuple[Any, ...]) -> Reader:
    """Return the reader of ``tuple[X, ...]`` or of a tuple of fixed length."""
    if inner[-1] is Ellipsis:
        one = _reader(inner[0])

        def read_many(value: Any) -> Any:  # noqa: ANN401 - JSON in, a tuple out
            """Read a list of any length."""
            if not isinstance(value, list):
                raise _wrong("list", value, "a list is needed")
            return tuple(map(one, value))

        return read_many
    readers = [_reader(part) for part in inner]

    def read_fixed(value: Any) -> Any:  # noqa: ANN401 - JSON in, a tuple out
        """Read a list of fixed length."""
        if not isinstance(value, list) or len(value) != len(readers):
            raise _wrong("list", value, f"{len(readers)} values are needed")
        return tuple(read(part) for read, part in zip(readers, value, strict=True))

    return read_fixed


def _enum_reader(kind: type[Enum]) -> Reader:
    """Return the reader of an enumeration's value."""

    def read_word(value: Any) -> Enum:  # noqa: ANN401 - JSON in
        """Read one word."""
        try:
            return kind(value)
        except ValueError:
            raise _wrong(
                kind.__name__,
                value,
                "one of " + ", ".join(one.value or '""' for one in kind),
            ) from None

    return read_word


KIND_NAMES = {int: "a whole number", str: "a text", bool: "true or false"}


def _scalar_reader(kind: type) -> Reader:
    """Return the reader of an int, str or bool; 1 is not true and 1.0 is not 1."""

    def read_scalar(value: Any) -> Any:  # noqa: ANN401 - JSON in
        """Read one value."""
        if type(value) is not kind:
            raise _wrong(kind.__name__, value, f"{KIND_NAMES[kind]} is needed")
        return value

    return read_scalar


def _wrong(name: str, value: object, limit: str) -> InvalidProblemError:
    """Return the refusal of one value, quoted short."""
    return WrongValueError(name, "value", repr(value)[:60], limit)
