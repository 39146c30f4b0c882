"""JSON Schemas of the forms, from the dataclasses that read them.

Field descriptions are the classes' own. Schedules are rows and are described here.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scheduling.engine import serial
from scheduling.engine.network import problem as network
from scheduling.engine.network import schedule as network_schedule
from scheduling.engine.network.serial import COLUMNS
from scheduling.engine.problem import PROBLEM_VERSION, Problem
from scheduling.engine.schedule import SCHEDULE_VERSION, PhaseKind

Plain = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Plain = {"type": "string"}
WHOLE: Plain = {"type": "integer"}
SCALARS = {int: WHOLE, str: TEXT, bool: {"type": "boolean"}}


def schema(name: str) -> Plain:
    """Return the JSON Schema of one of ``SCHEMAS``."""
    return {"$schema": DRAFT, "title": name, **SCHEMAS[name]()}


def _of_class(kind: type, form: str, version: int, *, is_named: bool) -> Plain:
    """Return the schema of a problem: its class and every class inside it."""
    known: dict[str, Plain] = {}
    top = _object(kind, known)
    top["properties"]["version"] = {"const": version}
    top["properties"]["form"] = {"const": form}
    top["required"] = sorted({*top["required"], "version", *["form"] * is_named})
    known.pop(kind.__name__, None)
    return {**top, "$defs": known}


def _object(kind: Any, known: dict[str, Plain]) -> Plain:  # noqa: ANN401
    """Return the schema of one dataclass."""
    said = _described(kind)
    hints = get_type_hints(kind)
    properties = {
        field.name: {**_typed(hints[field.name], known), **said.get(field.name, {})}
        for field in fields(kind)
    }
    required = [
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    ]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n", 1)[0],
        "properties": properties,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _typed(kind: Any, known: dict[str, Plain]) -> Plain:  # noqa: ANN401
    """Return the schema of a type expression."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and inner[-1] is Ellipsis:
        return {"type": "array", "items": _typed(inner[0], known)}
    if origin is tuple:
        parts = [_typed(one, known) for one in inner]
        return {"type": "array", "prefixItems": parts, **_exactly(len(parts))}
    if origin is UnionType or origin is Union:
        (some,) = (_typed(one, known) for one in inner if one is not NoneType)
        return {"anyOf": [some, {"type": "null"}]}
    if is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in known:
            known[kind.__name__] = {}
            known[kind.__name__] = _object(kind, known)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    return SCALARS[getattr(kind, "__supertype__", kind)]


def _described(kind: type) -> dict[str, Plain]:
    """Return what the docstring says of each attribute."""
    _, _, listed = (kind.__doc__ or "").partition("Attributes:")
    listed = re.split(r"\n\s*\n", listed, maxsplit=1)[0]
    found = re.findall(r"^ {8}(\w+): (.*(?:\n {12,}.*)*)", listed, re.MULTILINE)
    return {name: {"description": " ".join(said.split())} for name, said in found}


def _exactly(count: int) -> Plain:
    return {"minItems": count, "maxItems": count}


def _row(*parts: Plain) -> Plain:
    return {"type": "array", "prefixItems": list(parts), **_exactly(len(parts))}


def _rows(*parts: Plain) -> Plain:
    return {"type": "array", "items": _row(*parts)}


def _network_schedule() -> Plain:
    """Return the schema of a schedule of the general form."""
    properties = {
        "form": {"const": network.FORM},
        "version": {"const": network_schedule.SCHEDULE_VERSION},
        "columns": {"const": list(COLUMNS)},
        "rows": {
            "description": "One row an activity: its key, first tick, the tick after "
            "its last, and which of its modes, counted from 0.",
            **_rows(TEXT, WHOLE, WHOLE, WHOLE),
        },
    }
    return _closed(properties, sorted(properties))


def _rack_schedule() -> Plain:
    """Return the schema of a schedule of the rack form."""
    phase = _rows(
        WHOLE, WHOLE, WHOLE, {"enum": [one.value for one in PhaseKind]}, WHOLE
    )
    properties = {
        "form": {"const": serial.FORM},
        "version": {"const": SCHEDULE_VERSION},
        "racks": {
            "description": "Rack, and its steps: code, start, end, bay, and phases of "
            "start, end, watts, kind and percent.",
            **_rows(TEXT, _rows(TEXT, WHOLE, WHOLE, TEXT, phase)),
        },
        "pegs": {
            "description": "Rack, and its pegs: step, part, supply, pieces.",
            **_rows(TEXT, _rows(TEXT, TEXT, TEXT, WHOLE)),
        },
        "unplannable": {
            "description": "Rack, code, sentence and limit.",
            **_rows(TEXT, TEXT, TEXT, TEXT),
        },
    }
    return _closed(properties, ["pegs", "racks", "unplannable", "version"])


def _closed(properties: Plain, required: list[str]) -> Plain:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


SCHEMAS: dict[str, Callable[[], Plain]] = {
    "rack-problem": lambda: _of_class(
        Problem, serial.FORM, PROBLEM_VERSION, is_named=False
    ),
    "rack-schedule": _rack_schedule,
    "network-problem": lambda: _of_class(
        network.Network, network.FORM, network.NETWORK_VERSION, is_named=True
    ),
    "network-schedule": _network_schedule,
}
"""Every form's schemas, by name."""
