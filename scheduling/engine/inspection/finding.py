"""What is wrong with a problem as a whole, in words that can be shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that must be put right before anything can be planned.

    Attributes:
        code: Stable reason code, such as ``unknown_key``.
        object: Key of what is wrong.
        sentence: Object, limit and amount in one plain sentence.
        limit: Word of the limit (``bay``, ``power``, ``people`` ...), or empty.
    """

    code: str
    object: str
    sentence: str
    limit: str = ""
