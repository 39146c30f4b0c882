"""What is wrong with a request, one entry a fault: pointer, code, sentence."""

from collections.abc import Iterator

from rest_framework.exceptions import ErrorDetail

Fault = dict[str, str]


def faults_of(detail: object, *, pointer: str = "") -> Iterator[Fault]:
    """Walk DRF's tree of errors; yield one entry with a JSON pointer for each leaf."""
    if isinstance(detail, ErrorDetail):
        code = detail.code or "invalid"
        yield {"pointer": pointer, "code": code, "detail": str(detail)}
    elif isinstance(detail, dict):
        for key, inner in detail.items():
            step = "" if key == "non_field_errors" else f"/{_escaped(str(key))}"
            yield from faults_of(inner, pointer=pointer + step)
    elif isinstance(detail, list):
        for row, inner in enumerate(detail):
            step = "" if isinstance(inner, ErrorDetail) else f"/{row}"
            yield from faults_of(inner, pointer=pointer + step)


def _escaped(key: str) -> str:
    """Escape a key for a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
