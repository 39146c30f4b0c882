"""Calling another system that may be slow, restarting or overloaded."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

Answer = TypeVar("Answer")

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that heal by waiting."""

TRIES = 6
FIRST_WAIT_S = 0.5
WAIT_MAX_S = 60.0
SENTENCE_MAX = 400


class PassingError(Exception):
    """The other side did not answer, or asked to come again later."""

    def __init__(self, sentence: str, wait_s: float = 0.0) -> None:
        """Keep how long it asked to be left alone, in seconds."""
        super().__init__(sentence)
        self.wait_s = wait_s


class RefusedError(Exception):
    """The other side understood and said no; asking again would not help."""

    def __init__(self, system: str, status: int, sentence: str) -> None:
        """Keep the status beside the sentence."""
        super().__init__(f"{system} refused ({status}): {sentence[:SENTENCE_MAX]}")
        self.status = status


def send(
    client: httpx.Client, system: str, method: str, path: str, **parts: Any
) -> httpx.Response:
    """Send one request once.

    Args:
        client: Knows the address and the key.
        system: What the other side is called in sentences.
        method: Of the request.
        path: Below the client's base.
        parts: What httpx takes: params, headers, content.

    Raises:
        PassingError: If trying again may help.
        RefusedError: If it was answered with any other 4xx or 5xx.
    """
    try:
        response = client.request(method, f"/{path}", **parts)
    except httpx.TransportError as error:
        raise PassingError(f"{system} does not answer: {error}") from error
    if response.status_code in PASSING or _is_in_flight(response):
        wait = response.headers.get("Retry-After", "")
        raise PassingError(
            f"{system} answers {response.status_code}.",
            float(wait) if wait.isascii() and wait.isdigit() else 0.0,
        )
    if response.is_error:
        raise RefusedError(system, response.status_code, _sentence(response))
    return response


def with_patience(
    step: Callable[[], Answer],
    *,
    sleep: Callable[[float], object] = time.sleep,
    tries: int = TRIES,
) -> Answer:
    """Return what a step returns, trying it again while what stops it may pass.

    A step that writes to a system without idempotency keys must look before it writes:
    an answer that got lost is not a write that failed.

    Args:
        step: Safe to repeat.
        sleep: Waits so many seconds: 0.5, 1, 2 … with jitter, or what was asked for.
        tries: At least 1.

    Raises:
        PassingError: If the last try failed too.
    """
    for number in range(tries - 1):
        try:
            return step()
        except PassingError as error:
            wait = FIRST_WAIT_S * 2**number * random.uniform(0.7, 1.3)  # noqa: S311
            sleep(min(WAIT_MAX_S, max(wait, error.wait_s)))
    return step()


def _is_in_flight(response: httpx.Response) -> bool:
    """Say whether the same request is being answered to an earlier try of ours."""
    return response.status_code == httpx.codes.CONFLICT and (
        "idempotency_key_in_flight" in response.text
    )


def _sentence(response: httpx.Response) -> str:
    """Return what the other side says, from JSON where it speaks it."""
    try:
        body = response.json()
    except ValueError:
        return response.reason_phrase
    if not isinstance(body, dict):
        return response.reason_phrase
    said = str(body.get("detail") or body.get("message") or response.reason_phrase)
    faults = body.get("errors")
    if isinstance(faults, list):
        said += "".join(
            f" {fault.get('pointer')}: {fault.get('detail')}"
            for fault in faults[:5]
            if isinstance(fault, dict)
        )
    return said
