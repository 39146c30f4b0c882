"""Errors of the factory: one base, each with a code that page and API share."""

from collections.abc import Sequence
from datetime import datetime


class FactoryError(Exception):
    """Base of every refusal; the message is a sentence for people."""

    code = "factory_error"


class StaleRackError(FactoryError):
    """Say that somebody else recorded something about the rack in between."""

    code = "stale_rack"

    def __init__(self, serial: str) -> None:
        """Name the rack."""
        super().__init__(
            f"{serial} has moved on since you looked at it. Nothing was recorded; "
            "look again."
        )


class RackNotInWorkError(FactoryError):
    """Refuse work on a rack that is on hold, shipped, scrapped or cancelled."""

    code = "rack_not_in_work"

    def __init__(self, serial: str, state: str) -> None:
        """Name the rack and what stands in the way."""
        super().__init__(f"{serial} can not be worked on: {state}.")


class StepOrderError(FactoryError):
    """Refuse a step that is not the rack's turn, or an end without a beginning."""

    code = "step_order"

    def __init__(self, serial: str, wanted: str, turn: str) -> None:
        """Name the rack, what was wanted and what its turn is."""
        super().__init__(f"{serial} can not {wanted}. {turn}")


class BayMissingError(FactoryError):
    """Ask for the bay a rack is docked at."""

    code = "bay_missing"

    def __init__(self, serial: str, step: str) -> None:
        """Name the rack and the step."""
        super().__init__(f"Say at which bay {serial} is: {step} needs a power bay.")


class BayRefusedError(FactoryError):
    """Refuse a bay that is held, out of service, too small or of another kind.

    Attributes:
        bay: The bay's code.
    """

    code = "bay_refused"

    def __init__(self, bay: str, sentence: str) -> None:
        """Name the bay; the sentence says why."""
        super().__init__(f"Bay {bay} {sentence}")
        self.bay = bay


class PlaceFullError(FactoryError):
    """Refuse a step while every place for it is taken.

    Attributes:
        racks: Serials of the racks that are there.
    """

    code = "place_full"

    def __init__(self, centre: str, count: int, racks: Sequence[str]) -> None:
        """Name the work centre, how many places it has and who is there."""
        there = f": {', '.join(racks)}" if racks else ""
        super().__init__(f"{centre}: all {count} are taken{there}. Finish one first.")
        self.racks = tuple(racks)


class MaterialShortError(FactoryError):
    """Refuse a step whose parts are not there.

    Attributes:
        short: ``(part code, pieces needed, pieces there)``, by part.
    """

    code = "material_short"

    def __init__(
        self, serial: str, step: str, short: Sequence[tuple[str, int, int]]
    ) -> None:
        """Name the rack, the step, and each part with what is needed and there."""
        missing = "; ".join(
            f"{part}: {needed:,} needed, {there:,} there"
            for part, needed, there in short
        )
        super().__init__(f"{serial} can not start {step}. {missing}.")
        self.short = tuple(short)


class ReasonMissingError(FactoryError):
    """Ask why a step failed."""

    code = "reason_missing"

    def __init__(self, serial: str, step: str) -> None:
        """Name the rack and the step."""
        super().__init__(f"Say why {step} failed on {serial}.")


class UndoRefusedError(FactoryError):
    """Refuse to take back what is too old, or not the last word on the rack."""

    code = "undo_refused"

    def __init__(self, serial: str, sentence: str) -> None:
        """Name the rack; the sentence says why."""
        super().__init__(f"{serial}: {sentence}")


class WorkbookRefusedError(FactoryError):
    """Refuse a workbook; nothing of it was saved.

    Attributes:
        findings: One sentence each, by sheet, row and field.
    """

    code = "workbook_refused"

    def __init__(self, findings: Sequence[str]) -> None:
        """Keep the findings and count them."""
        super().__init__(f"{len(findings):,} findings; nothing was saved.")
        self.findings = tuple(findings)


def since(moment: datetime) -> str:
    """Word a moment in UTC for a sentence: ``23 Nov 14:05 UTC``."""
    return f"{moment:%-d %b %H:%M} UTC"


class StockRefusedError(FactoryError):
    """Refuse goods, a hold or a release that cannot be kept as given.

    Attributes:
        field: ``lot`` or ``reason``.
    """

    code = "stock_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class SerialTakenError(FactoryError):
    """Refuse a serial number that is on file already.

    Attributes:
        serial: The number.
    """

    code = "serial_taken"

    def __init__(self, serial: str, part: str, where: str) -> None:
        """Name the serial number, the part it belongs to and where that is."""
        super().__init__(
            f"Serial number {serial} is on file already: {part}, {where}. "
            "Two pieces can not carry one number."
        )
        self.serial = serial


class OrderChangeRefusedError(FactoryError):
    """Refuse a change that an order cannot take in the state it is in.

    Attributes:
        field: What it is about, such as ``quantity``.
    """

    code = "order_change_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field


class ChangeDecidedError(FactoryError):
    """Refuse to decide a change twice."""

    code = "change_decided"

    def __init__(self, order: str, kind: str, verdict: str) -> None:
        """Name the order, the change and what became of it."""
        super().__init__(f"{order}: this {kind.lower()} is {verdict} already.")


class PartnerSiteError(FactoryError):
    """Refuse a partner's site that cannot be opened as asked."""

    code = "partner_site_refused"


class OutageRefusedError(FactoryError):
    """Refuse an outage that cannot be.

    Attributes:
        field: What it is about, such as ``ends_at``.
    """

    code = "outage_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(sentence)
        self.field = field
