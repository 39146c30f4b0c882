"""Answers kept so that a repeated request is answered, not repeated."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from journal.models.client import ApiClient


class IdempotencyKey(models.Model):
    """One ``Idempotency-Key`` of one client, with the answer byte for byte.

    ``headers`` are those that tell the caller something.
    """

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One answer a client and key."""

        constraints = [
            models.UniqueConstraint(
                fields=["client", "key"], name="idempotency_key_unique"
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__gte=100, status__lte=599),
                name="idempotency_status_range",
            ),
        ]

    def __str__(self) -> str:
        """Return client and key."""
        return f"{self.client_id}:{self.key}"
