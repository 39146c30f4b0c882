"""Fields that refuse what a database cannot hold, before it is asked."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

LARGEST_ID = 80
LARGEST_REVISION = 2_000_000_000
CENTS_MAX = 1_000_000_000_000
PIECES_MAX = 100_000_000
WATTS_MAX = 100_000_000_000

SPACES = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What a contract's patterns take for space (ECMA 262); Python strips more."""


class Text(serializers.CharField):
    """Text as it was sent, without NUL and lone surrogates; DRF refuses NUL itself.

    Nothing is trimmed, so that the limits of the contract are those of the code; only
    spaces is blank.
    """

    def __init__(self, **options: Any) -> None:
        """Take what a text field takes."""
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """Return the text.

        Raises:
            ValidationError: If it cannot be written as UTF-8, or is blank and may not.
        """
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if not self.allow_blank and not text.strip(SPACES):
            self.fail("blank")
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("invalid")
        return text


class Flag(serializers.BooleanField):
    """True or false as JSON and addresses write them; not "on", "yes" or "1"."""

    TRUE_VALUES = {True, "true"}
    FALSE_VALUES = {False, "false"}
    NULL_VALUES = {None}


class Members(serializers.RegexField):
    """Names of an object's members, comma-separated, as the contract lists them."""

    MOST = 1_000
    """Characters."""

    def __init__(self, names: Iterable[str], name: str) -> None:
        """Take the members' names and what the objects are called."""
        self.members = frozenset(names)
        self.name = name
        one = f"({'|'.join(sorted(self.members))})"
        super().__init__(
            f"^{one}(,{one})*$",
            max_length=self.MOST,
            trim_whitespace=False,
            required=False,
            help_text="Members to show, comma-separated, also of the required ones.",
        )

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """Return the text.

        Raises:
            ValidationError: If a member is not known; names it.
        """
        text = super().to_internal_value(data)
        unknown = sorted(set(text.split(",")) - self.members)
        if unknown:
            raise serializers.ValidationError(
                f"{self.name} have no member {unknown[0][:60]!r}."
            )
        return text


class TextShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Tell the contract what text may not hold."""

    target_class = Text
    match_subclasses = True

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema with a pattern: no NUL, and one character to be seen."""
        shape: dict[str, Any] = auto_schema._map_serializer_field(  # type: ignore[no-untyped-call]  # noqa: SLF001
            self.target, direction, bypass_extensions=True
        )
        shape.pop("minLength", None)
        visible = "" if self.target.allow_blank else r"[^\s\u0000][^\u0000]*"
        return shape | {"pattern": rf"^[^\u0000]*{visible}$"}


class TimeShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time at a site has no offset, which the format ``time`` would ask for."""

    target_class = serializers.TimeField

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"}


class Strict(serializers.Serializer[dict[str, object]]):
    """A serializer that refuses fields it does not know: a typo is not silence."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        """Return the known fields' values.

        Raises:
            ValidationError: If a field is unknown or wrong.
        """
        if isinstance(data, dict):
            unknown = sorted(str(key)[:60] for key in data if key not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {name: ["This field is not known here."] for name in unknown[:20]}
                )
        values: dict[str, object] = super().to_internal_value(data)
        return values


class StrictShape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Tell the contract that unknown fields are refused."""

    target_class = Strict
    match_subclasses = True

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema, closed."""
        shape: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # noqa: SLF001
            self.target, direction, bypass_extensions=True
        )
        return shape | {"additionalProperties": False}
