"""Items as they are sent, checked one by one and stored in chunks.

Who sends one by PUT, many at once, or so many that a worker takes them: all are written
here, by the same rules.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError

from journal.api.faults import Fault, faults_of
from journal.api.fields import LARGEST_ID, Strict
from journal.api.ids import opaque
from journal.api.reading import ResourceView
from journal.api.resources import Resource
from journal.models import ApiClient
from journal.upserts import Done, Refusal, Result, UpsertOutcome

CHUNK = 500
FAULTS_MAX = 20
"""Faults told of one item."""
FAILED = "failed"
OUTCOMES = (*(outcome.value for outcome in UpsertOutcome), FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """Who states something.

    Attributes:
        system: Name of the ERP in external ids.
        actor: As the journal names it: ``client:3``.
    """

    system: str
    actor: str


def stating(client: ApiClient) -> Stating:
    """Return who states what a client sends."""
    return Stating(system=client.system, actor=f"client:{client.pk}")


Item = dict[str, Any]
WriteMany = Callable[[Sequence[Item], Stating], list[Result]]
Remove = Callable[[Any, str], Refusal | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Upsert:
    """How objects of a resource are written.

    Attributes:
        resource: What they are shown as.
        item: Serializer of one, with its ``external_id``.
        write: Stores validated items, each about another external id, and says what
            became of each; stores nothing of an item it refuses.
        example: An item as sent.
        remove: Deletes a row for an actor or says why it stays, if clients may.
    """

    resource: Resource
    item: type[Strict]
    write: WriteMany
    example: Mapping[str, Any]
    remove: Remove | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An item as it was sent, looked at by itself.

    Attributes:
        external_id: As far as it can be read.
        item: Its values; None if it is malformed.
        faults: What is wrong with it then.
        error: The same as DRF has it.
    """

    external_id: str
    item: Item | None = None
    faults: Sequence[Fault] = ()
    error: Any = None


COLLIDES = Refusal(
    field="",
    code="collides",
    sentence="A name or code that only one object may have is taken by another.",
)


@cache
def _serializer_of(upsert: Upsert) -> Strict:
    """Return one serializer for every item: making it costs more than using it."""
    return upsert.item()


def read_items(upsert: Upsert, sent: Iterable[object]) -> list[Read]:
    """Return items with their values, or with what is wrong with each."""
    serializer = _serializer_of(upsert)
    return [_read(serializer, one) for one in sent]


def _read(serializer: Strict, sent: object) -> Read:
    """Look at one item."""
    try:
        item = serializer.run_validation(sent)
    except ValidationError as error:
        return Read(
            external_id=external_id_of(sent),
            faults=list(islice(faults_of(error.detail), FAULTS_MAX)),
            error=error.detail,
        )
    return Read(external_id=item["external_id"], item=item)


def external_id_of(sent: object) -> str:
    """Return the external id of an item that may be anything; empty if unreadable."""
    said = sent.get("external_id") if isinstance(sent, dict) else None
    if not isinstance(said, str) or len(said) > LARGEST_ID or "\x00" in said:
        return ""
    return said if said.isascii() or _is_writable(said) else ""


def _is_writable(text: str) -> bool:
    """Say whether a text holds no half of a pair that no encoding can write."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def write_items(
    upsert: Upsert,
    items: Sequence[Read],
    by: Stating,
    *,
    first: int = 0,
    seen: set[str] | None = None,
) -> list[dict[str, Any]]:
    """Store items and return a result each; the caller has opened a transaction.

    Args:
        upsert: How they are written.
        items: As ``read_items`` returned them.
        by: Who states them.
        first: Place of the first in what was sent.
        seen: External ids of the items before it; those of these items are added.
    """
    results: list[dict[str, Any]] = []
    seen = set() if seen is None else seen
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        fresh = {place for place, one in enumerate(chunk) if _is_fresh(one, seen)}
        written = iter(
            _write(
                upsert, [one.item for place, one in _at(chunk, fresh) if one.item], by
            )
        )
        results += [
            _worded(
                upsert.resource,
                first + start + place,
                one,
                next(written) if place in fresh else None,
            )
            for place, one in enumerate(chunk)
        ]
    return results


def _at(chunk: Sequence[Read], places: set[int]) -> Iterable[tuple[int, Read]]:
    """Return the items at some places, in order."""
    return ((place, one) for place, one in enumerate(chunk) if place in places)


def _is_fresh(one: Read, seen: set[str]) -> bool:
    """Say whether an item is well-formed and the first about its external id."""
    if one.item is None or one.external_id in seen:
        return False
    seen.add(one.external_id)
    return True


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
    resource: Resource, index: int, one: Read, result: Result | None
) -> dict[str, Any]:
    """Return one item's result as shown; None is an item that was not written."""
    shown: dict[str, Any] = {"index": index, "external_id": one.external_id}
    if isinstance(result, Done):
        return shown | {
            "id": opaque(resource.prefix, result.key),
            "outcome": result.outcome.value,
        }
    faults = one.faults or [_fault(result or _given_twice(one.external_id))]
    return shown | {"id": None, "outcome": FAILED, "errors": list(faults)}


def _given_twice(external_id: str) -> Refusal:
    """Refuse a second statement about one object: which one holds is a guess."""
    return Refusal(
        field="external_id",
        code="given_twice",
        sentence=f"{external_id} is stated twice in this request.",
    )


def _fault(refusal: Refusal) -> Fault:
    """Return a refusal as shown."""
    pointer = f"/{refusal.field}" if refusal.field else ""
    return {"pointer": pointer, "code": refusal.code, "detail": refusal.sentence}


def counted(results: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many items had which outcome."""
    count = Counter(result["outcome"] for result in results)
    return {outcome: count[outcome] for outcome in OUTCOMES}


class UpsertView(ResourceView):
    """Base of the views that write one resource; routes give the way of writing."""

    upsert: ClassVar[Upsert | None] = None
    """Given by the route."""

    @property
    def by(self) -> Upsert:
        """Return how it is written."""
        assert self.upsert is not None  # noqa: S101 - the route gives it
        return self.upsert
