"""Public instances become problems of the general form."""

import os
from pathlib import Path

from scheduling.engine.command.files import FileError, read_text
from scheduling.engine.errors import EngineError
from scheduling.engine.network.problem import Network
from scheduling.engine.network.readers.formats import FORMATS, READERS
from scheduling.engine.network.readers.rcpsp_t import base_of, rcpsp_t

DATA_VARIABLE = "RACKLINE_BENCH_DATA"


class UnknownFormatError(EngineError):
    """Say that a format is not read here."""

    code = "unknown_format"


def convert(name: str, path: Path) -> Network:
    """Return the problem that a file of a format holds.

    Raises:
        UnknownFormatError: If there is no such format.
        FileError: If the file or the one it lies on is missing.
        UnreadableFileError: If the file is not of that format.
        InvalidProblemError: If its numbers make no sense.
    """
    if name not in FORMATS:
        raise UnknownFormatError(f"{name}: {', '.join(FORMATS)} are known.")
    text = read_text(path)
    if name in READERS:
        return READERS[name](text)
    return rcpsp_t(text, read_text(_base(path, base_of(text))))


def _base(overlay: Path, name: str) -> Path:
    """Return the file that an overlay lies on: from the data folder, or beside it.

    Raises:
        FileError: If it is in neither.
    """
    folders = [Path(os.environ[DATA_VARIABLE])] if DATA_VARIABLE in os.environ else []
    for folder in (*folders, overlay.parent.parent, overlay.parent):
        if (folder / name).is_file():
            return folder / name
    raise FileError(
        f"{overlay}: {name}, which it lies on, is in no folder; set {DATA_VARIABLE}."
    )
