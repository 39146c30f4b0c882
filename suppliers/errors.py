"""Errors of the suppliers app: one base, each with a code page and API share.

from datetime import date, timedelta
The sentence is in the language that was active where the error was raised.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from journal.wording import full_date, grouped


class SuppliersError(Exception):
    """Base of every refusal; the message is a sentence for people."""

    code = "suppliers_error"


class UnscopedQueryError(SuppliersError):
    """Say that rows were asked for without saying whose."""

    code = "unscoped_query"

    def __init__(self, model: str) -> None:
        """Name the model and the two ways to its rows."""
        super().__init__(
            f"{model} rows belong to a supplier: say objects.for_supplier(...), "
            "or objects.for_staff() where every supplier's rows are meant."
        )


class StaleCommitmentError(SuppliersError):
    """Say that somebody answered in between; nothing was changed.

    Attributes:
        expected: The version the answer was made on.
        found: The version now.
    """

    code = "stale_commitment"

    def __init__(self, line: str, expected: int, found: int) -> None:
        """Name the line and both versions."""
        super().__init__(
            _(
                "%(line)s has been answered since you looked at it: you saw version "
                "%(expected)s, now it is version %(found)s. Nothing was changed."
            )
            % {"line": line, "expected": expected, "found": found}
        )
        self.expected = expected
        self.found = found


class NotYourLineError(SuppliersError):
    """Say no more than that there is no such line for the author."""

    code = "not_your_line"

    def __init__(self) -> None:
        """Tell nothing of whose it is."""
        super().__init__(_("There is no such line among yours."))


class IllegalMoveError(SuppliersError):
    """Say that a commitment in this state does not take this answer.

    Attributes:
        state: The state it is in.
    """

    code = "illegal_move"

    def __init__(self, line: str, verb: str, state: str) -> None:
        """Name the line, what was wanted and the state that forbids it."""
        super().__init__(
            _("%(line)s is %(state)s and can not be %(verb)s.")
            % {"line": line, "state": state, "verb": verb}
        )
        self.state = state


class AnswerRefusedError(SuppliersError):
    """Base of the answers that cannot be kept as given.

    Attributes:
        field: The field the sentence is about: ``tranches``, ``reason_code`` …
    """

    code = "answer_refused"
    field = ""


class TooManyPiecesError(AnswerRefusedError):
    """Refuse more pieces than are still asked for."""

    code = "too_many_pieces"
    field = "tranches"

    def __init__(self, line: str, given: int, limit: int) -> None:
        """Name the line, the sum and the limit."""
        super().__init__(
            _(
                "%(line)s still asks for %(limit)s pieces; %(given)s are promised. "
                "Promise %(limit)s or fewer."
            )
            % {"line": line, "limit": grouped(limit), "given": grouped(given)}
        )


class QuantityRangeError(AnswerRefusedError):
    """Refuse a quantity that is not a whole number from 1 on."""

    code = "quantity_out_of_range"
    field = "tranches"

    def __init__(self, quantity: int) -> None:
        """Name the quantity."""
        super().__init__(
            _("A delivery of %(quantity)s pieces is none. Say 1 or more.")
            % {"quantity": grouped(quantity)}
        )


class TrancheCountError(AnswerRefusedError):
    """Refuse no delivery at all, or more than are kept."""

    code = "tranche_count"
    field = "tranches"

    def __init__(self, given: int, limit: int) -> None:
        """Name how many were given and how many are kept."""
        super().__init__(
            _("%(given)s deliveries are given; a promise has 1 to %(limit)s.")
            % {"given": grouped(given), "limit": grouped(limit)}
        )


class DateTwiceError(AnswerRefusedError):
    """Refuse two deliveries on one day."""

    code = "date_twice"
    field = "tranches"

    def __init__(self, day: date) -> None:
        """Name the day."""
        super().__init__(
            _("%(day)s is given twice. Put its pieces into one delivery.")
            % {"day": full_date(day)}
        )


class DateRangeError(AnswerRefusedError):
    """Refuse a date that has passed or lies too far off.

    Attributes:
        field: ``tranches``, ``word_by`` or ``valid_from``.
    """

    code = "date_out_of_range"

    def __init__(self, field: str, day: date, first: date, last: date) -> None:
        """Name the field, the date and its limits."""
        word = {
            "tranches": _("Dock date"),
            "word_by": _("Date of your next word"),
            "valid_from": _("First week"),
        }
        super().__init__(
            _("%(field)s %(day)s is out of range: %(first)s to %(last)s can be given.")
            % {
                "field": word[field],
                "day": full_date(day),
                "first": full_date(first),
                "last": full_date(last),
            }
        )
        self.field = field


class ReasonMissingError(AnswerRefusedError):
    """Refuse a worse answer that gives no reason."""

    code = "reason_missing"
    field = "reason_code"

    def __init__(self, what: str) -> None:
        """Name what needs the reason."""
        super().__init__(
            _("%(what)s needs a reason. Pick the one that comes nearest.")
            % {"what": what}
        )


class UnknownReasonError(AnswerRefusedError):
    """Refuse a reason that is not on the list."""

    code = "unknown_reason"
    field = "reason_code"

    def __init__(self, reason: str) -> None:
        """Name what was given."""
        super().__init__(
            _("%(reason)s is not on the list of reasons.") % {"reason": reason[:40]}
        )


class NoteRefusedError(AnswerRefusedError):
    """Refuse a note that is too long or holds what cannot be kept."""

    code = "note_refused"
    field = "note"

    def __init__(self, length: int, limit: int) -> None:
        """Name the length and the limit."""
        super().__init__(
            _(
                "The note has %(length)s characters; plain text of up to %(limit)s "
                "is kept."
            )
            % {"length": grouped(length), "limit": limit}
        )


class SubstituteNotApprovedError(AnswerRefusedError):
    """Refuse a part that is not an approved alternate on the day it would come."""

    code = "substitute_not_approved"
    field = "substitute"

    def __init__(self, given: str, part: str, approved: Sequence[str]) -> None:
        """Name what was given, the part ordered and what is approved."""
        listed = ", ".join(approved) or _("none")
        super().__init__(
            _(
                "%(given)s is not approved in place of %(part)s on the day it would "
                "come. Approved: %(approved)s."
            )
            % {"given": given[:40], "part": part, "approved": listed}
        )


class NoSuchBucketError(AnswerRefusedError):
    """Say that there is no such forecast for this supplier."""

    code = "no_such_forecast"
    field = "quantities"

    def __init__(self, key: int) -> None:
        """Name what was asked for."""
        super().__init__(_("There is no forecast %(key)s of yours.") % {"key": key})


class ForecastClosedError(AnswerRefusedError):
    """Refuse an answer to a week or quarter that is over."""

    code = "forecast_closed"
    field = "quantities"

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__(
            _("%(bucket)s is over and takes no more answers.") % {"bucket": bucket}
        )


class PiecesRangeError(AnswerRefusedError):
    """Refuse a number of pieces that can not be kept."""

    code = "pieces_out_of_range"
    field = "quantities"

    def __init__(self, what: str, given: int, limit: int) -> None:
        """Name what it is about, the number and its limits."""
        super().__init__(
            _("%(what)s: %(given)s is out of range. Say 0 to %(limit)s.")
            % {"what": what, "given": grouped(given), "limit": grouped(limit)}
        )


class NotAMondayError(AnswerRefusedError):
    """Refuse a first week that does not begin on a Monday."""

    code = "not_a_monday"
    field = "valid_from"

    def __init__(self, day: date) -> None:
        """Name the day and the nearest Mondays."""
        monday = day - timedelta(days=day.weekday())
        super().__init__(
            _("%(day)s is no Monday. Say %(monday)s or %(next)s.")
            % {
                "day": full_date(day),
                "monday": full_date(monday),
                "next": full_date(monday + timedelta(days=7)),
            }
        )


class UndoTooLateError(SuppliersError):
    """Say that the minute for taking an answer back is over."""

    code = "undo_too_late"

    def __init__(self, line: str, window_s: int) -> None:
        """Name the line and the limit."""
        super().__init__(
            _(
                "%(line)s: an answer can be taken back for %(seconds)s seconds. "
                "Answer again instead; both stay on record."
            )
            % {"line": line, "seconds": window_s}
        )


class NothingToUndoError(SuppliersError):
    """Say that the newest fact about a line is not an answer to take back."""

    code = "nothing_to_undo"

    def __init__(self, line: str) -> None:
        """Name the line."""
        super().__init__(
            _("%(line)s has no answer that can be taken back.") % {"line": line}
        )


class PeopleRefusedError(SuppliersError):
    """Refuse what a supplier's people cannot settle so.

    Attributes:
        field: ``role``, ``delegate``, ``starts_on``, ``ends_on``, ``zone`` …
    """

    code = "people_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class ReceiptRefusedError(SuppliersError):
    """Base of the receipts that cannot be recorded as given.

    Attributes:
        field: ``quantity``, ``received_on`` or ``lot``.
    """

    code = "receipt_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class PiecesOnTheWayError(AnswerRefusedError):
    """Refuse an answer that denies what has left already."""

    code = "pieces_on_the_way"
    field = "tranches"

    def __init__(self, line: str, on_the_way: int) -> None:
        """Name the line and how much is on the way."""
        super().__init__(
            _(
                "%(line)s has %(pieces)s pieces on the way. Promise at least those, or "
                "call their shipment back first."
            )
            % {"line": line, "pieces": grouped(on_the_way)}
        )


class ShipmentRefusedError(SuppliersError):
    """Base of the shipments that cannot be kept as announced.

    Attributes:
        field: ``number``, ``carrier``, ``expected_on`` … or ``lines.2.quantity``.
    """

    code = "shipment_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class SerialsRefusedError(ShipmentRefusedError):
    """Refuse serial numbers that are unreadable, too many, or given twice."""

    code = "serials_refused"


class StaleShipmentError(SuppliersError):
    """Say that a shipment was changed in between; nothing was changed."""

    code = "stale_shipment"

    def __init__(self, number: str, expected: int, found: int) -> None:
        """Name the shipment and both versions."""
        super().__init__(
            _(
                "Shipment %(number)s has changed since you looked at it: you saw "
                "version %(expected)s, now it is version %(found)s. Nothing was "
                "changed."
            )
            % {"number": number, "expected": expected, "found": found}
        )


class ShipmentOverError(SuppliersError):
    """Say that a shipment has arrived, or was called back, and changes no more."""

    code = "shipment_over"

    def __init__(self, number: str, state: str) -> None:
        """Name the shipment and its state."""
        super().__init__(
            _("Shipment %(number)s is %(state)s and can not be changed.")
            % {"number": number, "state": state}
        )


class PullInRefusedError(SuppliersError):
    """Say why an earlier day cannot be asked for."""

    code = "pull_in_refused"


class NoLinesChosenError(SuppliersError):
    """Say that a reminder was asked for without an open line."""

    code = "no_lines_chosen"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("No open line was chosen. Tick the lines to be asked about.")


class TooManyLinksError(SuppliersError):
    """Say that enough new links were asked for."""

    code = "too_many_links"

    def __init__(self, limit: int) -> None:
        """Name the limit."""
        super().__init__(
            _(
                "%(limit)s new links were sent within the last hour; the newest one "
                "works. Look into your mail, or ask again later."
            )
            % {"limit": limit}
        )


class BounceRefusedError(SuppliersError):
    """Say why a file is no bounce of a mail of ours."""

    code = "bounce_refused"
