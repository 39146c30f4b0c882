"""Bulk writes too long for one answer: the row is the record, a message a hint."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from journal.models.client import ApiClient


class BulkOperationQuerySet(models.QuerySet["BulkOperation"]):
    """Reads of operations by state; moments are the database's own."""

    def to_send(self, *, again_after: timedelta) -> "BulkOperationQuerySet":
        """Return queued operations without a message on its way, oldest first."""
        return self.filter(
            Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - again_after),
            state=BulkOperation.State.QUEUED,
        ).order_by("id")

    def lapsed(self) -> "BulkOperationQuerySet":
        """Return running operations whose worker has let the lease run out."""
        return self.filter(state=BulkOperation.State.RUNNING, lease_until__lt=Now())


class BulkOperation(models.Model):
    """Items a client sent, on their way into the database.

    ``attempt`` is the fencing token: who writes to a running operation shows the
    attempt it claimed. ``items`` is their JSON, compressed, and is dropped at the end.
    Unless all or nothing is asked for, what is done stays done: ``items_done`` is where
    the next attempt goes on. ``items_checked`` have been looked at by themselves.
    """

    class State(models.TextChoices):
        """Life of an operation."""

        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED: ClassVar = (State.QUEUED, State.RUNNING)
    MAX_ATTEMPTS: ClassVar = 3

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="+")
    resource = models.CharField(max_length=40)
    is_atomic = models.BooleanField()
    is_dry_run = models.BooleanField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    items = models.BinaryField(null=True)
    items_total = models.PositiveIntegerField()
    items_checked = models.PositiveIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    stale = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stored = models.BooleanField(default=False)
    attempt = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")

    objects = BulkOperationQuerySet.as_manager()

    class Meta:
        """A running one is leased, an ended one says when, a failed one why."""

        constraints = [
            models.CheckConstraint(
                condition=Q(items_done__lte=F("items_total")),
                name="bulk_operation_done_within_total",
            ),
            models.CheckConstraint(
                condition=Q(items_checked__gte=F("items_done"))
                & Q(items_checked__lte=F("items_total")),
                name="bulk_operation_checked_before_done",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=3), name="bulk_operation_three_attempts"
            ),
            models.CheckConstraint(
                condition=~Q(state="running")
                | Q(lease_until__isnull=False, started_at__isnull=False),
                name="bulk_operation_running_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | (~Q(state__in=["queued", "running"]) & Q(ended_at__isnull=False)),
                name="bulk_operation_ended_iff_final",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""),
                name="bulk_operation_failed_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "running"]),
                name="bulk_operation_unfinished",
            )
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"operation {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Say whether nobody works on it any more."""
        return self.state not in self.UNFINISHED


class BulkItem(models.Model):
    """What became of one item of an operation; ``object_id`` is as the API shows it."""

    operation = models.ForeignKey(BulkOperation, models.CASCADE, related_name="results")
    index = models.PositiveIntegerField(help_text="Place in the request, from 0.")
    external_id = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=10)
    errors = models.JSONField(null=True)

    class Meta:
        """One result an item."""

        ordering = ["operation", "index"]
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "index"], name="bulk_item_index_unique"
            )
        ]
        indexes = [
            models.Index(fields=["operation", "outcome"], name="bulk_item_outcome")
        ]

    def __str__(self) -> str:
        """Return place and outcome."""
        return f"{self.index} {self.outcome}"
