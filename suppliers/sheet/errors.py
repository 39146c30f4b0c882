"""Refusals of a spreadsheet: of the whole file, or of one cell."""

from suppliers.errors import SuppliersError


class SheetRefusedError(SuppliersError):
    """Refuse a file as a whole; nothing of it was read into the ledger."""

    code = "sheet_refused"


class CellError(SuppliersError):
    """Refuse one cell; the sentence names the column and what was found."""

    code = "cell_refused"
