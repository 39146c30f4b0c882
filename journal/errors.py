"""What the journal refuses; each refusal has a stable code and a plain sentence."""

from datetime import datetime


class JournalError(Exception):
    """Base of the journal's errors."""

    code = "journal_error"


class CapabilityRefusedError(JournalError):
    """A client would hold all three capabilities."""

    code = "capability_refused"

    def __init__(self, name: str) -> None:
        """Name the client and the way out."""
        super().__init__(
            f"{name} may hold two of the three capabilities, not all: give the third "
            "to a second client."
        )


class ClientNameTakenError(JournalError):
    """Another client has the name."""

    code = "client_name_taken"

    def __init__(self, name: str) -> None:
        """Name it."""
        super().__init__(f"There is an API client named {name} already.")


class ClientIsOffError(JournalError):
    """A client that was switched off is asked to do something."""

    code = "client_is_off"

    def __init__(self, name: str) -> None:
        """Name it."""
        super().__init__(f"{name} is switched off: it gets no new keys.")


class KeyHasEndedError(JournalError):
    """A key that no longer opens anything is taken back."""

    code = "key_has_ended"

    def __init__(self, prefix: str, ended_at: datetime | None) -> None:
        """Name the key and when it ended."""
        since = f" since {ended_at:%Y-%m-%d %H:%M} UTC" if ended_at else ""
        super().__init__(f"The key {prefix}… opens nothing{since}.")


class ScopesRefusedError(JournalError):
    """A list of scopes cannot be read; the message says why."""

    code = "scopes_refused"


class KindsRefusedError(JournalError):
    """A list of kinds of event cannot be read; the message says why."""

    code = "kinds_refused"


class AddressRefusedError(JournalError):
    """A webhook may not go to an address; the message says why."""

    code = "address_refused"


class CapabilityMissingError(JournalError):
    """A client lacks the capability something needs."""

    code = "capability_missing"

    def __init__(self, name: str, capability: str) -> None:
        """Name both."""
        super().__init__(f"{name} does not hold {capability}.")


class NameTakenError(JournalError):
    """Another object of the kind goes by the id."""

    code = "name_taken"

    def __init__(self, one: str, name: str) -> None:
        """Name the kind and the id."""
        super().__init__(f"Another {one} is {name} already.")


class EndpointTakenError(JournalError):
    """A client has an endpoint at the address already."""

    code = "endpoint_taken"

    def __init__(self, url: str) -> None:
        """Name the address."""
        super().__init__(f"This client has an endpoint at {url} already.")


class EndpointIsOffError(JournalError):
    """Something is to be sent to an endpoint that is off."""

    code = "endpoint_is_off"

    def __init__(self, url: str) -> None:
        """Name the address."""
        super().__init__(f"Nothing is sent to {url}: it or its client is off.")


class TooManyToReplayError(JournalError):
    """A replay would be larger than its limit."""

    code = "too_many_to_replay"

    def __init__(self, most: int) -> None:
        """Name the limit and the way out."""
        super().__init__(
            f"That is more than {most:,} events: choose a later moment, and read the "
            "rest from the change feed."
        )


class OperationOverError(JournalError):
    """A bulk operation has ended; there is nothing to stop."""

    code = "operation_over"

    def __init__(self, number: int, state: str) -> None:
        """Name it and its end."""
        super().__init__(f"Operation {number} is over: {state}.")


class OperationFencedOutError(JournalError):
    """Another worker has a bulk operation; this one writes nothing more."""

    code = "operation_fenced_out"

    def __init__(self, number: int) -> None:
        """Name it."""
        super().__init__(f"Operation {number} is another worker's.")
