"""Items of master data as statements: codes become rows, unknown ones are refused."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from django.db.models import Model
from rest_framework import serializers

from journal.api.fields import LARGEST_ID, LARGEST_REVISION, Strict, Text
from journal.api.writing import Item, Remove, Stating, WriteMany
from journal.upserts import Kind, Refusal, Result, Statement, keep, remove


class StatedItem(Strict):
    """What a system states about one object; ``revision`` rises with each statement."""

    external_id = Text(max_length=LARGEST_ID)
    revision = serializers.IntegerField(
        min_value=0, max_value=LARGEST_REVISION, default=0
    )


Found = Mapping[str, Mapping[str, int]]
"""Keys of rows by member of an item and code."""

State = Callable[[Item, Found], Statement]


Check = Callable[[Item], Refusal | None]


def _holds(item: Item) -> None:
    """Find nothing wrong."""


def writing(
    kind: Kind,
    state: State,
    codes: Mapping[str, type[Model]] | None = None,
    check: Check = _holds,
) -> WriteMany:
    """Return a way of writing one kind of master data.

    Args:
        kind: What is written.
        state: Makes a statement of an item; its codes are known.
        codes: Members that name a row of another table by its code; empty is none.
        check: Returns what is wrong between an item's members, or None.
    """

    def write(items: Sequence[Item], by: Stating) -> list[Result]:
        """Store items; a query for each table named, and those of ``keep``."""
        found = {
            member: dict(
                model._default_manager.filter(  # noqa: SLF001
                    code__in={item[member] for item in items if item[member]}
                ).values_list("code", "pk")
            )
            for member, model in (codes or {}).items()
        }
        refused = {
            place: refusal
            for place, item in enumerate(items)
            if (refusal := check(item) or _unknown(item, found)) is not None
        }
        stated = [
            state(item, found)
            for place, item in enumerate(items)
            if place not in refused
        ]
        kept = iter(keep(kind, stated, system=by.system, actor=by.actor))
        return [
            refused[place] if place in refused else next(kept)
            for place in range(len(items))
        ]

    return write


def removing(kind: Kind) -> Remove:
    """Return a way of deleting one kind of master data."""
    return partial(remove, kind)


def _unknown(item: Item, codes: Found) -> Refusal | None:
    """Return the first code of an item that leads nowhere."""
    for member, known in codes.items():
        code = item[member]
        if code and code not in known:
            return Refusal(
                field=member,
                code="unknown_code",
                sentence=f"There is no {member.replace('_', ' ')} {code[:40]}.",
            )
    return None
