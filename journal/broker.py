"""The way to the broker for those who send: it gets a second to answer, and no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app

SEND_TIMEOUT_S = 1


@contextmanager
def bounded_connection() -> Iterator[Any]:
    """Give a connection to send messages by, which waits ``SEND_TIMEOUT_S`` at most.

    Raises:
        OperationalError: Kombu's, if the broker does not answer.
    """
    bounded = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": SEND_TIMEOUT_S,
        "socket_connect_timeout": SEND_TIMEOUT_S,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    with current_app.connection_for_write(transport_options=bounded) as connection:
        yield connection
