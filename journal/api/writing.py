"""Writing resources by external id: one by PUT, many by ``:bulk-upsert``."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import Flag, Strict
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import opaque
from journal.api.names import OURS
from journal.api.preconditions import ChangedSince, if_match
from journal.api.reading import DetailView, ResourceView, etag_of, names, query_of
from journal.api.resources import Resource
from journal.api.views import once
from journal.upserts import Done, Refusal, Result, UpsertOutcome

ITEMS_MAX = 1_000
"""Items of one request that is answered at once."""
CHUNK = 500
FAILED = "failed"
REFUSED = "refused"
OUTCOMES = (*(outcome.value for outcome in UpsertOutcome), FAILED)
OUTCOME_HEADER = "Rackline-Outcome"

IF_MATCH = if_match(
    "ETag the change was decided on; 412 if the object has changed since."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """Who states something.

    Attributes:
        system: Name of the ERP in external ids.
        actor: As the journal names it: ``client:3``.
    """

    system: str
    actor: str


Item = dict[str, Any]
WriteMany = Callable[[Sequence[Item], Stating], list[Result]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Upsert:
    """How objects of a resource are written.

    Attributes:
        resource: What they are shown as.
        item: Serializer of one, with its ``external_id``.
        write: Stores validated items, each about another external id, and says what
            became of each; stores nothing of an item it refuses.
        example: An item as sent.
    """

    resource: Resource
    item: type[Strict]
    write: WriteMany
    example: Mapping[str, Any]


class BulkOptions(Strict):
    """The switches of a bulk write."""

    atomic = Flag(default=True, help_text="All items or none. Default: true.")
    dry_run = Flag(
        default=False, help_text="Try everything, store nothing. Default: false."
    )


class PutOptions(Strict):
    """The switch of a single write."""

    dry_run = Flag(default=False, help_text="Try it, store nothing. Default: false.")


class Fault(serializers.Serializer[Any]):
    """What is wrong with one member of an item."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ItemResult(serializers.Serializer[Any]):
    """What happened to one item."""

    index = serializers.IntegerField()
    external_id = serializers.CharField()
    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    errors = Fault(many=True, required=False)  # type: ignore[assignment]  # DRF's too


class Summary(serializers.Serializer[Any]):
    """How many items had which outcome."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    stale = serializers.IntegerField()
    failed = serializers.IntegerField()


class BulkResult(serializers.Serializer[Any]):
    """What happened to all of them, in the order they were sent."""

    summary = Summary()
    stored = serializers.BooleanField()
    results = ItemResult(many=True)


@cache
def body_of(upsert: Upsert) -> type[Strict]:
    """Return the serializer of a bulk request."""
    resource = upsert.resource
    items = serializers.ListField(
        child=upsert.item(), min_length=1, max_length=ITEMS_MAX
    )
    return type(
        f"{resource.title}Push",
        (Strict,),
        {"__doc__": f"Up to 1,000 {resource.name}.", resource.member: items},
    )


@cache
def single_of(upsert: Upsert) -> type[Strict]:
    """Return the serializer of one item whose external id stands in the address."""
    return type(
        f"{upsert.item.__name__}Put",
        (upsert.item,),
        {"__doc__": upsert.item.__doc__, "external_id": None},
    )


COLLIDES = Refusal(
    field="",
    code="collides",
    sentence="A name or code that only one object may have is taken by another.",
)


def write_items(
    upsert: Upsert, items: Sequence[Item], by: Stating
) -> list[dict[str, Any]]:
    """Store items and return a result each; the caller has opened a transaction."""
    results: list[dict[str, Any]] = []
    seen: set[str] = set()
    for first in range(0, len(items), CHUNK):
        chunk = items[first : first + CHUNK]
        fresh = [item for item in chunk if _is_first(item, seen)]
        written = iter(_write(upsert, fresh, by))
        kept = {id(item) for item in fresh}
        results += [
            _worded(
                upsert.resource,
                first + place,
                item["external_id"],
                next(written) if id(item) in kept else _given_twice(item),
            )
            for place, item in enumerate(chunk)
        ]
    return results


def _is_first(item: Item, seen: set[str]) -> bool:
    """Say whether an external id comes for the first time in a request."""
    is_first = item["external_id"] not in seen
    seen.add(item["external_id"])
    return is_first


def _given_twice(item: Item) -> Refusal:
    """Refuse a second statement about one object: which one holds is a guess."""
    return Refusal(
        field="external_id",
        code="given_twice",
        sentence=f"{item['external_id']} is stated twice in this request.",
    )


def _write(upsert: Upsert, items: Sequence[Item], by: Stating) -> list[Result]:
    """Store one chunk; one by one if it collides with what somebody else stored."""
    if not items:
        return []
    try:
        with transaction.atomic():
            return upsert.write(items, by)
    except IntegrityError:
        if len(items) == 1:
            return [COLLIDES]
    return [result for item in items for result in _write(upsert, [item], by)]


def _worded(
    resource: Resource, index: int, external_id: str, result: Result
) -> dict[str, Any]:
    """Return one item's result as shown."""
    shown: dict[str, Any] = {"index": index, "external_id": external_id}
    if isinstance(result, Done):
        return shown | {
            "id": opaque(resource.prefix, result.key),
            "outcome": result.outcome.value,
        }
    fault = {
        "pointer": f"/{result.field}",
        "code": result.code,
        "detail": result.sentence,
    }
    return shown | {"id": None, "outcome": FAILED, "errors": [fault]}


def summed_up(results: Iterable[Mapping[str, Any]], *, stored: bool) -> dict[str, Any]:
    """Return the answer to a bulk request."""
    listed = list(results)
    count = Counter(result["outcome"] for result in listed)
    return {
        "summary": {outcome: count[outcome] for outcome in OUTCOMES},
        "stored": stored,
        "results": listed,
    }


class UpsertView(ResourceView):
    """Base of the views that write one resource; routes give the way of writing."""

    upsert: ClassVar[Upsert | None] = None
    """Given by the route."""

    @property
    def by(self) -> Upsert:
        """Return how it is written."""
        assert self.upsert is not None  # noqa: S101 - the route gives it
        return self.upsert

    @property
    def stating(self) -> Stating:
        """Return who calls."""
        return Stating(system=self.client.system, actor=self.actor)


class BulkUpsertView(UpsertView):
    """Many objects at once, by their external ids."""

    query_parameters = frozenset({"atomic", "dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        done = {
            "index": 0,
            "external_id": self.by.example["external_id"],
            "id": self.of.example["id"],
            "outcome": "created",
        }
        return Operation(
            id=f"{self.of.member}_bulk_upsert",
            about=f"Bring {self.of.name} to the state the client's system states.",
            parameters=[KEY_PARAMETER, BulkOptions],
            request=body_of(self.by),
            sent={self.of.member: [self.by.example]},
            responses={200: BulkResult, 422: BulkResult},
            answered={200: summed_up([done], stored=True)},
        )

    @once
    def post(self, request: Request) -> Response:
        """Store all items, or all that can be; 422 if all was asked and one failed."""
        options = BulkOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        body = body_of(self.by)(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            results = write_items(
                self.by, body.validated_data[self.of.member], self.stating
            )
            has_failed = any(result["outcome"] == FAILED for result in results)
            is_refused = options.validated_data["atomic"] and has_failed
            is_stored = not options.validated_data["dry_run"] and not is_refused
            if not is_stored:
                transaction.set_rollback(True)
        return Response(
            summed_up(results, stored=is_stored),
            status=status.HTTP_422_UNPROCESSABLE_ENTITY
            if is_refused
            else status.HTTP_200_OK,
        )


class ItemRefused(APIException):
    """The one item of a request cannot be stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


def _nested(pointer: str, sentence: str) -> dict[str, Any]:
    """Return a sentence at its place in the body, as DRF has faults."""
    place: Any = [sentence]
    for step in reversed(pointer.strip("/").split("/")):
        place = {step: place}
    faults: dict[str, Any] = place
    return faults


class DetailUpsertView(UpsertView, DetailView):
    """One object: read, and written by its external id."""

    query_parameters = frozenset({"dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return DetailView.operation(self, method)
        sent = {
            name: value
            for name, value in self.by.example.items()
            if name != "external_id"
        }
        return Operation(
            id=f"{self.of.member}_upsert",
            about=f"Create or change one {self.of.one} by its external id.",
            parameters=[KEY_IN_PATH, PutOptions, IF_MATCH, ETAG_HEADER],
            request=single_of(self.by),
            sent=sent,
            responses={200: self.of.shape, 201: self.of.shape},
            answered={200: self.of.example},
        )

    def put(self, request: Request, key: str) -> Response:
        """Bring one object to the state stated; the header tells what that did."""
        options = PutOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        body = single_of(self.by)(data=request.data)
        body.is_valid(raise_exception=True)
        item = body.validated_data | {"external_id": self._external_id(key)}
        with transaction.atomic():
            self._check_match(request, key)
            result = write_items(self.by, [item], self.stating)[0]
            if result["outcome"] == FAILED:
                fault = result["errors"][0]
                raise ItemRefused(
                    _nested(fault["pointer"], fault["detail"]), fault["code"]
                )
            row = self.find(result["id"])
            shown = self.show([row], None)[0]
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        is_new = (
            result["outcome"] == UpsertOutcome.CREATED
            and not options.validated_data["dry_run"]
        )
        return Response(
            shown,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={
                "ETag": etag_of(self.of, row, shown),
                OUTCOME_HEADER: result["outcome"],
            },
        )

    def _external_id(self, key: str) -> str:
        """Return the external id in an address of the client's own system.

        Raises:
            ItemRefused: If it is another system's, ours, or none.
        """
        system, _, external_id = key.partition(":")
        if system != self.client.system or system == OURS or not external_id:
            raise ItemRefused(
                {"key": [f"Write to {self.client.system}:… – your system's own ids."]},
                "other_system",
            )
        try:
            checked = self.by.item().fields["external_id"].run_validation(external_id)
        except ValidationError as error:
            raise ItemRefused({"key": error.detail}, "external_id") from error
        return str(checked)

    def _check_match(self, request: Request, key: str) -> None:
        """Hold the object against If-Match, if that was sent.

        Raises:
            ChangedSince: If it is another, or gone.
        """
        header = request.headers.get("If-Match")
        if header is None:
            return
        row = self.find(key)
        if not names(header, etag_of(self.of, row, self.show([row], None)[0])):
            raise ChangedSince
