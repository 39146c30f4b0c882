"""What the floor says happened: the only door for actuals."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models.power import PowerBay
from factory.models.routing import RoutingStep
from factory.models.unit import Unit


class StepRecord(models.Model):
    """One attempt at one step of one rack.

    Started once, ended once (passed, failed, or withdrawn by a later correction, which
    is a record of its own that names the one it ``corrects``).
    """

    class Outcome(models.TextChoices):
        """How an attempt stands."""

        RUNNING = "running", "Running"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class FailReason(models.TextChoices):
        """Why an attempt failed: the causes a technician can tell apart."""

        LEAK = "leak", "Leak"
        TRAY_FAULT = "tray_fault", "Tray fault"
        LINK_FAULT = "link_fault", "Link down"
        FIRMWARE = "firmware", "Firmware refused"
        POWER_FAULT = "power_fault", "Power or shelf fault"
        TOO_HOT = "too_hot", "Too hot"
        DAMAGED = "damaged", "Damaged or missing part"
        OTHER = "other", "Something else"

    rack = models.ForeignKey(Unit, models.PROTECT, related_name="step_records")
    step = models.ForeignKey(RoutingStep, models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    bay = models.ForeignKey(
        PowerBay, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason_code = models.CharField(max_length=20, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One live record an attempt; rack and bay run one step at a time."""

        ordering = ["rack", "step", "attempt"]
        constraints = [
            models.UniqueConstraint(
                fields=["rack", "step", "attempt"],
                condition=~Q(outcome="withdrawn"),
                name="step_record_attempt_unique",
            ),
            models.UniqueConstraint(
                fields=["rack"],
                condition=Q(outcome="running"),
                name="step_record_one_running_a_rack",
            ),
            models.UniqueConstraint(
                fields=["bay"],
                condition=Q(outcome="running", bay__isnull=False),
                name="step_record_one_running_a_bay",
            ),
            models.CheckConstraint(
                condition=Q(outcome="running", ended_at__isnull=True)
                | (~Q(outcome="running") & Q(ended_at__isnull=False)),
                name="step_record_ended_iff_not_running",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="step_record_start_before_end",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="failed") | ~Q(reason_code=""),
                name="step_record_failed_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(attempt__gte=1), name="step_record_attempt_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["outcome", "rack"], name="step_record_open"),
        ]

    def __str__(self) -> str:
        """Return rack, step and attempt."""
        return f"{self.rack_id} {self.step_id} attempt {self.attempt}"

    @property
    def reason(self) -> str:
        """Return the word of the reason code; the code itself if it is not listed."""
        if self.reason_code in self.FailReason.values:
            return str(self.FailReason(self.reason_code).label)
        return self.reason_code


class MeasuredResult(models.Model):
    """A value a test measured, with its limits as text the quality desk reads."""

    record = models.ForeignKey(StepRecord, models.PROTECT, related_name="results")
    name = models.CharField(max_length=80)
    value = models.CharField(max_length=80)
    unit = models.CharField(max_length=20, blank=True, default="")
    limits = models.CharField(max_length=80, blank=True, default="")
    is_pass = models.BooleanField()

    class Meta:
        """One value a name."""

        constraints = [
            models.UniqueConstraint(
                fields=["record", "name"], name="measured_result_name_unique"
            )
        ]

    def __str__(self) -> str:
        """Return name and value."""
        return f"{self.name} {self.value}"
