"""Problems and schedules as canonical JSON bytes, and back, exactly.

Canonical means: keys sorted, no spaces, UTF-8, so that equal objects have equal bytes
and equal digests. Fields that hold their default are left out, which keeps 10,000 racks
at a few megabytes; version, prices and rules always stand, since a later release may
assume others. Schedules are written as rows (``rows``).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.problem import PROBLEM_VERSION, Prices, Problem, SoakRule
from scheduling.engine.rows import plain_schedule, read_schedule
from scheduling.engine.schedule import SCHEDULE_VERSION, Schedule

Writer = Callable[[Any], Any]
Reader = Callable[[Any], Any]


def problem_to_json(problem: Problem) -> bytes:
    """Return a problem as canonical JSON."""
    return _dumped(_plain(problem))


def problem_from_json(data: bytes) -> Problem:
    """Return the problem that canonical JSON holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version, or an object in
            it is out of range.
    """
    plain = _loaded("problem", data, PROBLEM_VERSION)
    read: Any = _reader
    found: Problem = read(Problem)(plain)
    return found


def schedule_to_json(schedule: Schedule) -> bytes:
    """Return a schedule as canonical JSON."""
    return _dumped(plain_schedule(schedule))


def schedule_from_json(data: bytes) -> Schedule:
    """Return the schedule that canonical JSON holds.

    Raises:
        InvalidProblemError: If it is not JSON of this form and version.
    """
    return read_schedule(_loaded("schedule", data, SCHEDULE_VERSION))


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def _dumped(plain: object) -> bytes:
    """Return canonical JSON."""
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any part of a problem
    """Return a value as JSON's own types."""
    kind: Any = type(value)
    if kind is int or kind is str or value is None or kind is bool:
        return value
    if kind is tuple:
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    plain = {}
    for name, default in _written(kind):
        inner = getattr(value, name)
        if inner != default:
            plain[name] = _plain(inner)
    return plain


@cache
def _written(kind: Any) -> tuple[tuple[str, object], ...]:  # noqa: ANN401
    """Return each field's name and the default that need not be written."""
    return tuple(
        (field.name, object() if _is_kept(kind, field.name) else _default(field))
        for field in fields(kind)
    )


def _is_kept(kind: type, name: str) -> bool:
    """Return whether a field always stands: what is assumed may change its default."""
    return kind in {Prices, SoakRule} or name in {
        "version",
        "prices",
        "soak",
        "bay_stay_limit",
    }


def _default(field: Field[Any]) -> object:
    """Return a field's default, or something nothing equals."""
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return object()


def _loaded(name: str, data: bytes, version: int) -> dict[str, Any]:
    """Parse bytes as an object of a version."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidProblemError(name, "json", "unreadable", "JSON is read") from None
    found = plain.get("version") if isinstance(plain, dict) else None
    if type(found) is not int or found != version:
        raise InvalidProblemError(
            name, "version", found, f"version {version} is read here"
        )
    loaded: dict[str, Any] = plain
    return loaded


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

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON in, a dataclass out
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
        return kind(**{name: readers[name](inner) for name, inner in value.items()})

    return read


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

    def read(value: Any) -> Enum:  # noqa: ANN401 - JSON in
        """Read one word."""
        try:
            return kind(value)
        except ValueError:
            raise _wrong(kind.__name__, value, "one of its words") from None

    return read


def _scalar_reader(kind: type) -> Reader:
    """Return the reader of an int, str or bool; 1 is not true and 1.0 is not 1."""

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON in
        """Read one value."""
        if type(value) is not kind:
            raise _wrong(kind.__name__, value, "of this type")
        return value

    return read


def _wrong(name: str, value: object, limit: str) -> InvalidProblemError:
    """Return the refusal of one value, quoted short."""
    return InvalidProblemError(name, "value", repr(value)[:60], limit)
