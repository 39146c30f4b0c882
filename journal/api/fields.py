"""Fields that refuse what a database cannot hold, before it is asked."""

from typing import Any

from rest_framework import serializers

LARGEST_ID = 80


class Text(serializers.CharField):
    """Text without NUL and lone surrogates; DRF refuses NUL itself."""

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """Return the text.

        Raises:
            ValidationError: If it cannot be written as UTF-8.
        """
        text = super().to_internal_value(data)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("invalid")
        return text


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
