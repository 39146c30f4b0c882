"""What can go wrong around the apps: processes, ports, the broker."""

from pathlib import Path

LOG_LINES = 15


class ConfigError(Exception):
    """Base of this package's errors; each has a stable code and a plain sentence."""

    code = "config_error"


class ProcessKeepsEndingError(ConfigError):
    """A supervised process ended too often in a row."""

    code = "process_keeps_ending"

    def __init__(self, name: str, tries: int, log: Path) -> None:
        """Name the process and show the end of its log."""
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join(f"  {line}" for line in lines[-LOG_LINES:])
        super().__init__(
            f"The {name} ended {tries} times in a row. Its log, {log}, ends with:\n"
            f"{tail}"
        )


class BrokerDoesNotStartError(ConfigError):
    """The bundled broker did not answer in time."""

    code = "broker_does_not_start"

    def __init__(self, log: Path, wait_s: float) -> None:
        """Name the log and how long it was waited for."""
        super().__init__(
            f"The broker did not answer within {wait_s:.0f} s; see its log, {log}."
        )


class NoFreePortError(ConfigError):
    """Every port that was tried is taken."""

    code = "no_free_port"

    def __init__(self, first: int, last: int) -> None:
        """Name the range."""
        super().__init__(
            f"Every port from {first} to {last} is taken: free one, or set PORT."
        )


class AlreadyRunningError(ConfigError):
    """Another demo runs on the same data."""

    code = "already_running"

    def __init__(self, address: str) -> None:
        """Name where it serves."""
        super().__init__(f"The demo already runs at {address}: stop it there first.")


class NotReadyError(ConfigError):
    """Something did not become ready in time."""

    code = "not_ready"

    def __init__(self, what: str, wait_s: float) -> None:
        """Name what is missing and how long it was waited for."""
        super().__init__(f"Not ready after {wait_s:.0f} s: {what}.")


class StepFailedError(ConfigError):
    """A step of the start failed; it has said why itself."""

    code = "step_failed"

    def __init__(self, step: str) -> None:
        """Name the step."""
        super().__init__(f"The step '{step}' failed; its message is above.")


class StoppedError(ConfigError):
    """Somebody asked the demo to stop while it was starting."""

    code = "stopped"
