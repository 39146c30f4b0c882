"""What an ERP says it has stored of the promises made to customers."""

from django.db import models
from django.utils import timezone

from journal.models import ApiClient
from scheduling.models.publication import CustomerPromise


class PromiseAcknowledgement(models.Model):
    """One ERP's word that it stored one revision of a promise; append-only."""

    promise = models.OneToOneField(
        CustomerPromise, models.PROTECT, related_name="acknowledgement"
    )
    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        """Return which promise."""
        return f"promise {self.promise_id} stored"
