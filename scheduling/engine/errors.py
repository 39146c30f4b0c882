"""Errors of the engine: each names the object, the field, the value and the limit."""


class EngineError(Exception):
    """Base of every error the engine raises."""

    code = "engine_error"


class InvalidProblemError(EngineError):
    """Say which object of a problem is out of range.

    Attributes:
        key: The object's key, as given in the problem.
        field: The attribute that is wrong.
        value: What was given.
        limit: The rule it breaks, as a plain sentence without a full stop.
    """

    code = "invalid_problem"

    def __init__(self, key: str, field: str, value: object, limit: str) -> None:
        """Keep the four facts and build the sentence from them."""
        super().__init__(f"{key}: {field} is {value}; {limit}.")
        self.key = key
        self.field = field
        self.value = value
        self.limit = limit


class NoPlanError(EngineError):
    """Say that not a single rack could be planned, and why."""

    code = "no_plan"
