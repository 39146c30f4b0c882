"""Reading files of numbers: one place that says what is wrong and where."""

import json
from typing import Any

from scheduling.engine.errors import EngineError


class UnreadableFileError(EngineError):
    """Say that a file is not of the format it is read as."""

    code = "unreadable_file"


class Tokens:
    """The words of a file, taken one after the other.

    Attributes:
        name: The format, for messages.
    """

    def __init__(self, name: str, text: str) -> None:
        """Cut a text into words."""
        self.name = name
        self._words = text.split()
        self._at = 0

    def number(self) -> int:
        """Take the next word as a whole number.

        Raises:
            UnreadableFileError: If the file ends here or something else stands there.
        """
        if self._at >= len(self._words):
            raise UnreadableFileError(f"{self.name}: the file ends too early.")
        word = self._words[self._at]
        self._at += 1
        try:
            return int(word)
        except ValueError:
            raise UnreadableFileError(
                f"{self.name}: word {self._at} is {word[:20]!r}, not a whole number."
            ) from None

    def numbers(self, count: int) -> list[int]:
        """Take some numbers.

        Raises:
            UnreadableFileError: If there are fewer.
        """
        if count < 0 or count > len(self._words) - self._at:
            raise UnreadableFileError(
                f"{self.name}: {count} numbers are announced, fewer follow."
            )
        return [self.number() for _ in range(count)]

    def word(self) -> str:
        """Take the next word as it is.

        Raises:
            UnreadableFileError: If the file ends here.
        """
        if self._at >= len(self._words):
            raise UnreadableFileError(f"{self.name}: the file ends too early.")
        self._at += 1
        return self._words[self._at - 1]


def sized(name: str, count: int, what: str) -> int:
    """Return a count that a file may announce.

    Raises:
        UnreadableFileError: If it is not from 1 to a million.
    """
    if not 1 <= count <= 1_000_000:  # noqa: PLR2004 - said in the sentence
        raise UnreadableFileError(f"{name}: {count} {what}, 1 to 1,000,000 are read.")
    return count


def json_object(name: str, text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        UnreadableFileError: If the text is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableFileError(f"{name}: the file is not JSON.") from None
    if not isinstance(found, dict):
        raise UnreadableFileError(f"{name}: a JSON object is expected.")
    return found
