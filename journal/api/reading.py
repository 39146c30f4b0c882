"""Reading resources: pages by cursor, filters, sparse fields, details with an ETag."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import (
    ETAG_HEADER,
    IF_NONE_MATCH,
    KEY_IN_PATH,
    DescribedSchema,
    Operation,
)
from journal.api.fields import Members, Strict
from journal.api.ids import key_of
from journal.api.places import cursor_at, place_of
from journal.api.preconditions import ETAG
from journal.api.resources import Resource
from journal.api.views import ClientView, UnprocessableError

Row = TypeVar("Row", bound=Model)

PAGE_MAX = 1_000
PAGE_DEFAULT = 100


def members_option(resource: Resource) -> Members:
    """Return the option that asks for some members only."""
    return Members(resource.shape().fields, resource.name)


class ListOptions(Strict):
    """Where to go on, how much to read, and what of it."""

    cursor = serializers.CharField(
        max_length=200, required=False, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=PAGE_MAX, default=PAGE_DEFAULT
    )


@cache
def options_of(resource: Resource) -> type[Strict]:
    """Return the serializer of a list's query string: options and filters."""
    filters = {name: one.field for name, one in resource.filters.items()}
    return type(
        f"{resource.title}Options",
        (ListOptions,),
        {
            "__doc__": f"Which {resource.name} are read.",
            "fields": members_option(resource),
            **filters,
        },
    )


@cache
def detail_options_of(resource: Resource) -> type[Strict]:
    """Return the serializer of a detail's query string."""
    return type(
        f"{resource.title}DetailOptions",
        (Strict,),
        {
            "__doc__": f"What of one {resource.one} is shown.",
            "fields": members_option(resource),
        },
    )


@cache
def page_of(resource: Resource) -> type[serializers.Serializer[Any]]:
    """Return the serializer of one page of a list."""
    return type(
        f"{resource.title}Page",
        (serializers.Serializer,),
        {
            "__doc__": f"Some {resource.name}, and where to go on.",
            "items": resource.shape(many=True),
            "next": serializers.CharField(allow_null=True),
            "has_more": serializers.BooleanField(),
        },
    )


class ResourceView(ClientView):
    """Base of the views of one resource; routes give the resource."""

    resource: ClassVar[Resource | None] = None
    """Given by the route."""
    schema = DescribedSchema()

    @property
    def of(self) -> Resource:
        """Return the resource."""
        assert self.resource is not None  # noqa: S101 - the route gives it
        return self.resource

    def rows(self) -> QuerySet[Any]:
        """Return every row the caller may see."""
        return self.of.rows()

    def show(
        self, rows: list[Any], wanted: frozenset[str] | None
    ) -> list[dict[str, Any]]:
        """Return rows as shown. At most one query."""
        names = self.of.naming.names(rows)
        shape = self.of.shape(rows, many=True, context={"names": names})
        fields = shape.child.fields  # type: ignore[attr-defined]  # of a list
        if wanted is not None:
            for name in set(fields) - wanted:
                fields.pop(name)
        shown: list[dict[str, Any]] = list(shape.data)
        return shown

    def find(self, key: str, rows: QuerySet[Any] | None = None) -> Any:  # noqa: ANN401
        """Return the row an id or ``{system}:{external_id}`` leads to.

        Raises:
            NotFound: If there is none.
        """
        rows = self.rows() if rows is None else rows
        row = narrowed(self.of, rows, key).first()
        if row is None:
            raise NotFound(f"There is no {self.of.one} {key[:100]}.")
        return row


def members_of(asked: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the members asked for; None for all."""
    return frozenset(asked["fields"].split(",")) if "fields" in asked else None


def narrowed(resource: Resource, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
    """Return the rows an id or ``{system}:{external_id}`` leads to: one or none."""
    if "\x00" in key:
        return rows.none()
    system, colon, external_id = key.partition(":")
    if colon:
        return resource.naming.find(rows, system, external_id)
    number = key_of(resource.prefix, key)
    if number is None or number >= 2**63:
        return rows.none()
    return rows.filter(pk=number)


def named_rows(
    resource: Resource,
    rows: QuerySet[Any],
    items: Sequence[Mapping[str, Any]],
    *,
    inside: str,
    member: str,
) -> list[Any]:
    """Return the row each item of a body names.

    One query for all ids of ours, and one for each other name.

    Args:
        resource: What is named.
        rows: Where to look.
        items: Validated.
        inside: Member of the body that has the items.
        member: Member of an item that has the name.

    Raises:
        UnprocessableError: If some lead nowhere; names each one's place.
    """
    named = [item[member] for item in items]
    numbers = {name: key_of(resource.prefix, name) for name in named}
    ours = rows.in_bulk([one for one in numbers.values() if one is not None])
    found = {
        name: narrowed(resource, rows, name).first()
        if number is None
        else ours.get(number)
        for name, number in numbers.items()
    }
    missing: Any = {
        place: {member: [f"There is none called {name[:100]}."]}
        for place, name in enumerate(named)
        if found[name] is None
    }
    if missing:
        raise UnprocessableError({inside: missing})
    return [found[name] for name in named]


def coded(rows: QuerySet[Row], member: str, code: str) -> Row:
    """Return the row that a member of a body names by our code.

    Raises:
        UnprocessableError: If there is none; names the member.
    """
    row = rows.filter(code=code).first()
    if row is None:
        one = rows.model._meta.verbose_name  # noqa: SLF001 - Django's documented door
        raise UnprocessableError({member: [f"There is no {one} {code[:100]}."]})
    return row


class ListView(ResourceView):
    """One page of a resource."""

    def operation(self, method: str) -> Operation:
        """Describe a list for the contract."""
        return Operation(
            id=f"{self.of.member}_list",
            about=f"Return some {self.of.name} in the order they were made.",
            parameters=[options_of(self.of)],
            responses={200: page_of(self.of)},
            answered={
                200: {"items": [self.of.example], "next": None, "has_more": False}
            },
        )

    def get(self, request: Request, **_: Any) -> Response:
        """Return the rows after the cursor. Queries do not grow with rows."""
        return self.page(request, self.rows())

    def page(self, request: Request, rows: QuerySet[Any]) -> Response:
        """Return one page of some rows."""
        options = options_of(self.of)(data=query_of(request))
        options.is_valid(raise_exception=True)
        asked = options.validated_data
        wanted = members_of(asked)
        rows = self._filtered(rows, asked).order_by("pk")
        if cursor := asked.get("cursor"):
            rows = rows.filter(pk__gt=place_of(self.of.prefix, cursor, self.of.name))
        found = list(rows[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        has_more = len(found) > len(shown)
        return Response(
            {
                "items": self.show(shown, wanted),
                "next": self._next(shown, asked.get("cursor"), has_more=has_more),
                "has_more": has_more,
            }
        )

    def _next(
        self, shown: Sequence[Any], cursor: str | None, *, has_more: bool
    ) -> str | None:
        """Return where to go on: after the last row; a ledger's end has one too."""
        if not has_more and not self.of.is_ledger:
            return None
        return cursor_at(self.of.prefix, shown[-1].pk) if shown else cursor

    def _filtered(self, rows: QuerySet[Any], asked: Mapping[str, Any]) -> QuerySet[Any]:
        """Return the rows that match what was asked."""
        given = {
            name: one
            for name, one in self.of.filters.items()
            if asked.get(name) is not None
        }
        rows = rows.filter(**{one.lookup: asked[name] for name, one in given.items()})
        spans = any(one.spans for one in given.values())
        return rows.distinct() if spans else rows


class DetailView(ResourceView):
    """One object of a resource."""

    def operation(self, method: str) -> Operation:
        """Describe a detail for the contract."""
        return Operation(
            id=f"{self.of.member}_read",
            about=f"Return one {self.of.one}.",
            parameters=[
                KEY_IN_PATH,
                detail_options_of(self.of),
                IF_NONE_MATCH,
                ETAG_HEADER,
            ],
            responses={200: self.of.shape, 304: None},
            answered={200: self.of.example},
        )

    def get(self, request: Request, key: str) -> Response:
        """Return the object, or 304 if the caller has it. At most three queries."""
        options = detail_options_of(self.of)(data=query_of(request))
        options.is_valid(raise_exception=True)
        wanted = members_of(options.validated_data)
        return self.answer(request, self.find(key), wanted)

    def answer(
        self, request: Request, row: Model, wanted: frozenset[str] | None = None
    ) -> Response:
        """Return a row with its ETag."""
        shown = self.show([row], wanted)[0]
        etag = etag_of(self.of, row, shown)
        if names(request.headers.get("If-None-Match", ""), etag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        return Response(shown, headers={"ETag": etag})


def etag_of(resource: Resource, row: Model, shown: Mapping[str, Any]) -> str:
    """Return the weak ETag of a row as shown."""
    if resource.version is not None:
        return f'W/"{resource.version(row)}"'
    content = json.dumps(shown, sort_keys=True, default=str).encode()
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def names(header: str, etag: str) -> bool:
    """Say whether a header lists an ETag, compared weakly, or ``*``."""
    if header.strip() == "*":
        return True
    wanted = ETAG.findall(etag)
    return bool(wanted) and wanted[0] in ETAG.findall(header)


def query_of(request: Request) -> dict[str, str]:
    """Return the query string.

    Raises:
        ValidationError: If a parameter is given twice, which might mean either, or
            holds a NUL.
    """
    faults: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if len(values) > 1:
            faults[name] = ["This parameter is given more than once."]
        elif "\x00" in values[0]:
            faults[name] = ["Null characters are not allowed."]
    if faults:
        raise ValidationError(faults)
    return request.query_params.dict()


def body_of(request: Request) -> Any:  # noqa: ANN401 - whatever was sent
    """Return a body that may be left out: none and null are an empty object."""
    sent: Any = request.data
    return {} if sent is None else sent


def parameters_of(resource: Resource) -> Iterable[str]:
    """Return the names of a list's query parameters."""
    return options_of(resource)().fields
