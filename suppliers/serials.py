"""Serial numbers as people give them: typed, pasted from a column, or from a file."""

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from journal.wording import grouped
from suppliers.errors import SerialsRefusedError

SERIAL_MAX = 40
SERIALS_MAX = 10_000
"""Serial numbers one line of a shipment may carry."""

_BETWEEN = re.compile(r"[\s,;]+")


def read_serials(text: str, *, field: str = "serials") -> tuple[str, ...]:
    """Return the serial numbers in a text, in its order; blanks and ``, ;`` part them.

    Full-width letters and digits are read as plain ones.

    Raises:
        SerialsRefusedError: If one is too long, holds what cannot be printed, or is
            given twice.
    """
    words = _BETWEEN.split(unicodedata.normalize("NFKC", text).strip())
    return checked_serials((word for word in words if word), field=field)


def checked_serials(
    serials: Iterable[str], *, field: str = "serials"
) -> tuple[str, ...]:
    """Return serial numbers, or refuse them with the one that is wrong."""
    found = tuple(serials)
    if len(found) > SERIALS_MAX:
        raise SerialsRefusedError(
            field,
            _("%(given)s serial numbers are given; a line carries up to %(limit)s.")
            % {"given": grouped(len(found)), "limit": grouped(SERIALS_MAX)},
        )
    seen: set[str] = set()
    for serial in found:
        if not serial or len(serial) > SERIAL_MAX or not serial.isprintable():
            raise SerialsRefusedError(
                field,
                _(
                    "Serial number %(serial)s can not be kept: 1 to "
                    "%(limit)s printable characters without blanks."
                )
                % {"serial": f"{serial[:SERIAL_MAX]!a}", "limit": SERIAL_MAX},
            )
        if serial in seen:
            raise SerialsRefusedError(
                field,
                _("Serial number %(serial)s is given twice.") % {"serial": serial},
            )
        seen.add(serial)
    return found
