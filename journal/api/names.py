"""How an ERP's ids lead to our objects: by columns of their own, or by references."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model, QuerySet
from rest_framework import serializers

from journal.models import Reference

OURS = "rackline"
"""The system whose external ids are our own codes and numbers."""

Names = Mapping[str, str]
"""External ids of one object, by system."""


class Naming(Protocol):
    """A way between ``{system}:{external_id}`` and rows."""

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return the rows a name leads to: one or none."""

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return external ids by primary key. At most one query."""


def names_of(object_type: str, keys: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return every system's id of each object, by key. One query."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for key, system, external_id in Reference.objects.filter(
        object_type=object_type, object_id__in=keys
    ).values_list("object_id", "system", "external_id"):
        found[key][system] = external_id
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ByReference:
    """Objects without columns for it.

    Attributes:
        code: The columns of our own name, outermost first, which system ``rackline``
            leads to: a bay is ``MTY/B12``. None: we have but the id.
    """

    code: tuple[str, ...] = ()

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return the row a reference or our own code leads to."""
        if system == OURS:
            codes = external_id.split("/", max(len(self.code) - 1, 0))
            if not self.code or len(codes) < len(self.code):
                return rows.none()
            return rows.filter(**dict(zip(self.code, codes, strict=True)))
        return rows.filter(
            pk__in=Reference.objects.filter(
                system=system,
                object_type=_type_of(rows.model),
                external_id=external_id,
            ).values("object_id")
        )

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return what references say. One query."""
        if not rows:
            return {}
        return names_of(_type_of(type(rows[0])), [row.pk for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class ByColumns:
    """Objects with ``system`` and ``external_id`` columns, their own or a parent's.

    Attributes:
        code: The column with our own name.
        path: Way to the row that has the columns, such as ``line__``.
    """

    code: str
    path: str = ""

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return the row whose columns say so."""
        if system == OURS:
            return rows.filter(**{self.code: external_id})
        return rows.filter(
            **{f"{self.path}system": system, f"{self.path}external_id": external_id}
        ).exclude(**{f"{self.path}external_id": ""})

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return what the columns say; no query if they are loaded."""
        return {row.pk: self._names(row) for row in rows}

    def _names(self, row: Model) -> Names:
        """Return one row's external id."""
        named: Any = row
        for step in filter(None, self.path.split("__")):
            named = getattr(named, step)
        return {named.system: named.external_id} if named.external_id else {}


class Nameless:
    """Objects no ERP has a name for; only our id leads to them."""

    def find(self, rows: QuerySet[Any], system: str, external_id: str) -> QuerySet[Any]:
        """Return none."""
        return rows.none()

    def names(self, rows: Sequence[Model]) -> Mapping[Any, Names]:
        """Return none."""
        return {}


def _type_of(model: type[Model]) -> str:
    """Return a model's name as references and events have it."""
    return model._meta.model_name or ""  # noqa: SLF001 - Django's documented door


class ExternalIds(serializers.DictField):
    """What each system calls the row; the view looks them up for a whole page."""

    child = serializers.CharField()

    def __init__(self, **options: Any) -> None:
        """Read the row itself."""
        super().__init__(read_only=True, source="*", **options)

    def to_representation(self, value: Any) -> dict[str, str]:  # noqa: ANN401 - a row
        """Return external ids by system."""
        return dict(self.context["names"].get(value.pk, {}))
