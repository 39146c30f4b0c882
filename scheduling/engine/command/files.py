"""Files of the command line: what cannot be read or written is said in one sentence."""

from pathlib import Path

from scheduling.engine import canonical, serial
from scheduling.engine.errors import EngineError
from scheduling.engine.network import problem as network

FORMS = (serial.FORM, network.FORM)


class FileError(EngineError):
    """Say that a file is missing, or may not be read or written."""

    code = "file"


class FormError(EngineError):
    """Say that a file is of no form known here, or of another one than its partner."""

    code = "unknown_form"


def read(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        FileError: If there is none or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.") from None


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        FileError: If there is none, it cannot be read, or it is not UTF-8.
    """
    try:
        return read(path).decode()
    except UnicodeDecodeError:
        raise FileError(f"{path}: it is not UTF-8 text.") from None


def write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        FileError: If it cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FileError(f"{path}: {error.strerror}.") from None


def form_of(data: bytes) -> str:
    """Return the form that a file says it is of; a file that says none is of racks.

    Raises:
        FormError: If it is none that is known here.
        InvalidProblemError: If it is not JSON.
    """
    form = canonical.parsed("file", data).get("form", serial.FORM)
    if form not in FORMS:
        raise FormError(f"file: form is {form!r}; {' and '.join(FORMS)} are known.")
    return str(form)
