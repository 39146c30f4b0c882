"""What a system states about an object, and what became of the statement.

Objects that have columns of their own for it, such as orders, are kept by their own
services; master data is kept here, by references.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Model, ProtectedError

from journal.models import Event, Reference
from journal.services import append_events
from journal.setwise import update_rows
from journal.telling import Did, told
from journal.wording import counted


class UpsertOutcome(StrEnum):
    """What a statement did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A statement that holds now, or was out of date.

    Attributes:
        key: Of the object it is about.
        outcome: What it did.
    """

    key: int
    outcome: UpsertOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A statement that cannot hold; nothing of it was stored.

    Attributes:
        field: The member the sentence is about; may be a path such as ``lines/3/part``.
        code: Stable, for machines.
        sentence: Names object, field and limit.
    """

    field: str
    code: str
    sentence: str


Result = Done | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One object as a system states it.

    Attributes:
        external_id: What the system calls it.
        revision: Rises with each statement; a lower one than stored is out of date.
        code: Our own name of it, one value a column.
        values: Columns and what they are to be.
    """

    external_id: str
    revision: int
    code: tuple[Any, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of master data.

    Attributes:
        model: Its table.
        code: The columns that are our own name of a row.
        one: In sentences: ``part``.
        may_create: Whether a statement about an unknown object makes one.
        refuse: Returns why a row cannot take new values, or None.
    """

    model: type[Model]
    code: tuple[str, ...]
    one: str
    may_create: bool = True
    refuse: Callable[[Any, Mapping[str, Any]], Refusal | None] | None = None

    @property
    def object_type(self) -> str:
        """Return the model's name as references and events have it."""
        return self.model._meta.model_name or ""  # noqa: SLF001


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is stored about the objects of one batch."""

    references: dict[str, Reference]
    named: dict[int, str]
    by_key: dict[int, Any]
    by_code: dict[tuple[Any, ...], Any]


class _Batch:
    """One batch of statements on its way into the database."""

    def __init__(self, kind: Kind, system: str, actor: str) -> None:
        """Begin with nothing to write."""
        self.kind = kind
        self.system = system
        self.actor = actor
        self.new: list[tuple[int, Statement, Any]] = []
        self.changed: list[tuple[Any, dict[str, Any]]] = []
        self.linked: list[tuple[Statement, Any]] = []
        self.revised: list[Reference] = []

    def judge(self, index: int, statement: Statement, known: _Known) -> Result | None:
        """Say what a statement does; None for a new object, whose key comes later."""
        reference = known.references.get(statement.external_id)
        by_code = known.by_code.get(statement.code)
        if reference is None:
            return self._adopt(index, statement, by_code, known)
        row = known.by_key[reference.object_id]
        if statement.revision < reference.revision:
            return Done(key=row.pk, outcome=UpsertOutcome.STALE)
        if by_code is not None and by_code.pk != row.pk:
            return self._taken(statement, known.named.get(by_code.pk, ""))
        if refusal := self._refused(row, statement):
            return refusal
        if statement.revision > reference.revision:
            reference.revision = statement.revision
            self.revised.append(reference)
        return Done(key=row.pk, outcome=self._change(row, statement))

    def _adopt(
        self,
        index: int,
        statement: Statement,
        row: Any,  # noqa: ANN401 - of the kind, or None
        known: _Known,
    ) -> Result | None:
        """Give a row that has our own name the system's, or plan a new one."""
        if row is None and not self.kind.may_create:
            name = "/".join(map(str, statement.code))
            return Refusal(
                field="code",
                code="unknown_object",
                sentence=f"There is no {self.kind.one} {name[:80]}; a push makes none.",
            )
        if row is None:
            new = self.kind.model(
                **dict(zip(self.kind.code, statement.code, strict=True)),
                **statement.values,
            )
            self.new.append((index, statement, new))
            known.by_code[statement.code] = new
            return None
        if row.pk is None or row.pk in known.named:
            return self._taken(statement, known.named.get(row.pk, ""))
        if refusal := self._refused(row, statement):
            return refusal
        self.linked.append((statement, row))
        known.named[row.pk] = statement.external_id
        self._change(row, statement)
        return Done(key=row.pk, outcome=UpsertOutcome.UPDATED)

    def _refused(self, row: Any, statement: Statement) -> Refusal | None:  # noqa: ANN401
        """Ask the kind whether a row can take what is stated."""
        return self.kind.refuse(row, statement.values) if self.kind.refuse else None

    def _taken(self, statement: Statement, holder: str) -> Refusal:
        """Refuse our own name for a second object of the system."""
        name = "/".join(map(str, statement.code))
        held = f"{self.system}:{holder}" if holder else "another object"
        return Refusal(
            field="code",
            code="code_taken",
            sentence=f"{self.kind.one.capitalize()} {name[:80]} is {held} already.",
        )

    def _change(self, row: Any, statement: Statement) -> UpsertOutcome:  # noqa: ANN401
        """Bring a row to what is stated."""
        wanted = {
            **dict(zip(self.kind.code, statement.code, strict=True)),
            **statement.values,
        }
        before = {
            name: getattr(row, name)
            for name, value in wanted.items()
            if getattr(row, name) != value
        }
        if not before:
            return UpsertOutcome.UNCHANGED
        for name in before:
            setattr(row, name, wanted[name])
        self.changed.append((row, before))
        return UpsertOutcome.UPDATED

    def write(self) -> dict[int, Result]:
        """Write everything in at most five queries; return new objects' results."""
        manager = self.kind.model._default_manager  # noqa: SLF001
        manager.bulk_create([row for _, _, row in self.new])
        names = sorted({name for _, before in self.changed for name in before})
        update_rows([row for row, _ in self.changed], names)
        Reference.objects.bulk_create(
            Reference(
                system=self.system,
                object_type=self.kind.object_type,
                external_id=statement.external_id,
                object_id=row.pk,
                revision=statement.revision,
            )
            for statement, row in [
                *((statement, row) for _, statement, row in self.new),
                *self.linked,
            ]
        )
        update_rows(self.revised, ["revision"])
        append_events(self._events())
        return {
            index: Done(key=row.pk, outcome=UpsertOutcome.CREATED)
            for index, _, row in self.new
        }

    def _events(self) -> list[Event]:
        """Return an event for each row made or changed."""
        made = [
            (row, Did.CREATED, None, statement.values) for _, statement, row in self.new
        ]
        changed = [
            (row, Did.CHANGED, before, {name: getattr(row, name) for name in before})
            for row, before in self.changed
        ]
        return [
            told(
                row,
                did,
                actor=self.actor,
                name=self._name(row),
                before=before,
                after=after,
            )
            for row, did, before, after in [*made, *changed]
        ]

    def _name(self, row: Any) -> str:  # noqa: ANN401 - a row of the kind
        """Return our own name of a row."""
        return "/".join(str(getattr(row, column)) for column in self.kind.code)


def keep(
    kind: Kind, statements: Sequence[Statement], *, system: str, actor: str
) -> list[Result]:
    """Bring objects to the state a system states. At most nine queries a batch.

    An object that is known by its code alone is given the system's id. The caller has
    opened a transaction.

    Args:
        kind: Of all of them.
        statements: Each about another external id.
        system: The stating system's name.
        actor: ``client:3``.
    """
    known = _load(kind, statements, system)
    batch = _Batch(kind, system, actor)
    results = [
        batch.judge(index, statement, known)
        for index, statement in enumerate(statements)
    ]
    made = batch.write()
    return [
        made[index] if result is None else result
        for index, result in enumerate(results)
    ]


def remove(kind: Kind, row: Any, actor: str) -> Refusal | None:  # noqa: ANN401 - of the kind
    """Delete a row that nothing rests on, with every system's name of it.

    The event is the feed's tombstone; it keeps what the object was called.

    Args:
        kind: Of the row.
        row: Saved.
        actor: ``client:3``.

    Returns:
        Why it cannot go, or None once it is gone.
    """
    named = Reference.objects.filter(object_type=kind.object_type, object_id=row.pk)
    name = "/".join(str(getattr(row, column)) for column in kind.code)
    event = told(
        row,
        Did.DELETED,
        actor=actor,
        name=name,
        before={
            **{column: str(getattr(row, column)) for column in kind.code},
            "external_ids": dict(named.values_list("system", "external_id")),
        },
    )
    try:
        with transaction.atomic():
            named.delete()
            row.delete()
            append_events([event])
    except ProtectedError as error:
        users = Counter(str(one._meta.verbose_name) for one in error.protected_objects)  # noqa: SLF001
        said = ", ".join(counted(number, one) for one, number in sorted(users.items()))
        return Refusal(
            field="",
            code="in_use",
            sentence=f"{kind.one.capitalize()} {name[:80]} is used by {said}.",
        )
    return None


def _load(kind: Kind, statements: Sequence[Statement], system: str) -> _Known:
    """Read and lock what a batch is about. Four queries."""
    rows = kind.model._default_manager.select_for_update().order_by("pk")  # noqa: SLF001
    references = list(
        Reference.objects.select_for_update()
        .filter(
            system=system,
            object_type=kind.object_type,
            external_id__in=[one.external_id for one in statements],
        )
        .order_by("pk")
    )
    codes = {one.code for one in statements}
    first, *rest = kind.code
    # By one column, then in Python: a batch shares few sites and parts.
    last = (rest or [first])[-1]
    by_code = {
        tuple(getattr(row, column) for column in kind.code): row
        for row in rows.filter(**{f"{last}__in": {code[-1] for code in codes}})
    }
    keyed = {row.pk: row for row in by_code.values()}
    missing = {one.object_id for one in references} - set(keyed)
    keyed |= {row.pk: row for row in rows.filter(pk__in=missing)}
    named = dict(
        Reference.objects.filter(
            system=system, object_type=kind.object_type, object_id__in=list(keyed)
        ).values_list("object_id", "external_id")
    )
    return _Known(
        references={one.external_id: one for one in references},
        named=named,
        by_key=keyed,
        by_code={code: row for code, row in by_code.items() if code in codes},
    )
