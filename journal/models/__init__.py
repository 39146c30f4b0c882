"""The journal's models, listed for Django's registry."""

from journal.models.client import ApiClient, ClientKey
from journal.models.cursor import Cursor, ProcessBeat
from journal.models.event import Event
from journal.models.idempotency import IdempotencyKey
from journal.models.operation import BulkItem, BulkOperation
from journal.models.reference import Reference
from journal.models.webhook import Delivery, WebhookEndpoint, WebhookSecret

__all__ = [
    "ApiClient",
    "BulkItem",
    "BulkOperation",
    "ClientKey",
    "Cursor",
    "Delivery",
    "Event",
    "IdempotencyKey",
    "ProcessBeat",
    "Reference",
    "WebhookEndpoint",
    "WebhookSecret",
]
