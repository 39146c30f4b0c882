"""One declaration a resource: how a kind of object is listed, found and shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from journal.api.fields import Flag, Text
from journal.api.names import Naming

SENSITIVE = "sensitive_data"
EXECUTION = "code_execution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A query parameter that narrows a list.

    Attributes:
        lookup: What Django's ``filter`` is given.
        field: Reads and checks the value; its ``help_text`` is the documentation.
        spans: Whether it looks at many rows behind one, which is shown once only.
    """

    lookup: str
    field: serializers.Field[Any, Any, Any, Any]
    spans: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """A kind of object under ``/api/v1/``.

    Lists are read by primary key from a cursor on, so that rows which come meanwhile
    are neither missed nor shown twice.

    Attributes:
        name: In addresses, in the plural: ``power-bays``.
        one: In sentences, in the singular: ``power bay``.
        prefix: Of its ids.
        shape: A plain serializer of a row (a model's is fifty times slower).
        rows: Returns every row that clients may see, with all a page needs.
        naming: How external ids lead to rows.
        filters: By parameter's name.
        capability: What a client must hold to read it.
        version: Returns what an ETag holds; None: a digest of what is shown.
        is_ledger: Whether rows are only ever added: the end of its list has a cursor
            too, to ask again from.
        parts: Other types of object that are read with it, as the journal names them.
        example: A row as shown, for the contract.
    """

    name: str
    one: str
    prefix: str
    shape: type[serializers.Serializer[Any]]
    rows: Callable[[], QuerySet[Any]]
    naming: Naming
    filters: Mapping[str, Filter] = field(default_factory=dict)
    capability: str = SENSITIVE
    version: Callable[[Model], object] | None = None
    is_ledger: bool = False
    parts: tuple[str, ...] = ()
    example: Mapping[str, Any]

    @property
    def object_type(self) -> str:
        """Return what the journal calls the type of its rows: ``powerbay``."""
        return self.rows().model._meta.model_name or ""  # noqa: SLF001 - a public name

    @property
    def title(self) -> str:
        """Return the name as part of a schema's: ``PowerBays``."""
        return self.name.replace("-", " ").title().replace(" ", "")

    @property
    def member(self) -> str:
        """Return the name as a member of a body and an operation: ``power_bays``."""
        return self.name.replace("-", "_")


def text(
    lookup: str, *, most: int = 80, about: str = "", spans: bool = False
) -> Filter:
    """Return a filter by an exact text of at most so many characters."""
    return Filter(
        lookup=lookup,
        spans=spans,
        field=Text(max_length=most, required=False, help_text=about),
    )


def choice(lookup: str, choices: Any) -> Filter:  # noqa: ANN401 - Django's choices
    """Return a filter by one of some words."""
    return Filter(
        lookup=lookup,
        field=serializers.ChoiceField(choices=choices, required=False),
    )


def flag(lookup: str) -> Filter:
    """Return a filter by true or false."""
    return Filter(lookup=lookup, field=Flag(required=False, default=None))


def day(lookup: str, *, about: str = "") -> Filter:
    """Return a filter by a date."""
    return Filter(
        lookup=lookup,
        field=serializers.DateField(required=False, help_text=about),
    )
