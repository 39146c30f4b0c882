"""Ports at which nobody answers, and nobody can begin to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_silent_port() -> Iterator[int]:
    """Hold a port without listening: a free one might be somebody's a moment later."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
