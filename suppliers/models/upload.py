"""Spreadsheets that suppliers send: the file, its rows, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.supplier import Supplier
from suppliers.models.tenant import TenantManager


class Upload(models.Model):
    """One spreadsheet on its way into the ledger.

    It is checked, shown, and then applied. Above some hundred rows that is a worker's:
    a message is a hint, this row is the record. ``content`` is dropped once it is read.
    """

    class State(models.TextChoices):
        """Where it is; ``READY`` waits for the supplier's word."""

        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("At work")
        READY = "ready", _("Ready")
        APPLIED = "applied", _("Applied")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    class Mode(models.TextChoices):
        """What is done with it next."""

        CHECK = "check", _("Show me first")
        ALL = "all", _("All or nothing")
        EACH = "each", _("Row by row")

    UNFINISHED: ClassVar = (State.QUEUED, State.RUNNING)

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="uploads")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    actor = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    content = models.BinaryField(null=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.CHECK)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    phase = models.CharField(max_length=40, blank=True, default="")
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["Upload"]()

    class Meta:
        """No more rows are done than there are; a refusal says why."""

        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rows_done__lte=F("rows_total")),
                name="upload_rows_done_within_total",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "failed"]) | ~Q(error=""),
                name="upload_refused_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(heartbeat_at__isnull=False),
                name="upload_running_has_heartbeat",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "running"]),
                name="upload_unfinished",
            )
        ]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.name

    @property
    def is_finished(self) -> bool:
        """Say whether nobody works on it any more."""
        return self.state not in self.UNFINISHED


class UploadRow(models.Model):
    """One row as it was read, and what became of it.

    ``line`` is one of the supplier's own lines or none; ``sentence`` says in words what
    would change, has changed, or was refused.
    """

    class Outcome(models.TextChoices):
        """What became of a row."""

        UNCHANGED = "unchanged", _("Unchanged")
        CHANGES = "changes", _("Would change")
        CHANGED = "changed", _("Changed")
        REFUSED = "refused", _("Refused")

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="Row in the file, from 1.")
    name = models.CharField(max_length=100, help_text="The line as the file names it.")
    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, null=True, related_name="+"
    )
    version = models.PositiveIntegerField(null=True)
    quantity = models.PositiveIntegerField(null=True)
    dock_date = models.DateField(null=True)
    reason_code = models.CharField(max_length=16, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    outcome = models.CharField(
        max_length=10, choices=Outcome, default=Outcome.UNCHANGED
    )
    sentence = models.CharField(max_length=400, blank=True, default="")

    SUPPLIER_PATH: ClassVar = "upload__supplier"
    objects = TenantManager["UploadRow"]()

    class Meta:
        """Rows are told apart by number; a refusal says why."""

        ordering = ["upload", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "number"], name="upload_row_number_unique"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="refused") | ~Q(sentence=""),
                name="upload_row_refused_says_why",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True, dock_date__isnull=True)
                | Q(quantity__gte=1, dock_date__isnull=False),
                name="upload_row_quantity_iff_date",
            ),
        ]
        indexes = [
            models.Index(fields=["upload", "outcome"], name="upload_row_outcome")
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"row {self.number}"

    @property
    def mood(self) -> str:
        """Return the word of its colour and shape."""
        outcomes = self.Outcome
        moods = {outcomes.REFUSED: "bad", outcomes.CHANGES: "info"}
        moods |= {outcomes.CHANGED: "good", outcomes.UNCHANGED: "idle"}
        return moods[outcomes(self.outcome)]
