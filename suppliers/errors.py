"""Errors of the suppliers app: one base, each with a code page and API share."""


class SuppliersError(Exception):
    """Base of every refusal; the message is a sentence for people."""

    code = "suppliers_error"
