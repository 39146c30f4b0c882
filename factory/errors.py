"""Errors of the factory: one base, each with a code that page and API share."""


class FactoryError(Exception):
    """Base of every refusal; the message is a sentence for people."""

    code = "factory_error"
