"""What the log leaves out: a link in a mail is a key, and Django logs refused paths."""

import logging
import re
from typing import Any

LINK = re.compile(r"(/answer/)[^/\s\"']+")


class HideLinks(logging.Filter):
    """Put a dash in place of the token wherever a log line names a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its message and arguments cleaned."""
        record.msg = _cleaned(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_cleaned, record.args))
        return True


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - whatever was logged
    """Return a text without tokens; anything else as it is."""
    return LINK.sub(r"\1-", value) if isinstance(value, str) else value
