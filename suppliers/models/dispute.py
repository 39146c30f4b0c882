"""What a supplier says is counted wrongly, and what the buyer answers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.request_change import RequestChange
from suppliers.models.tenant import TenantManager


class Dispute(models.Model):
    """One case of one measure that a supplier contests; append-only.

    A case is disputed once. While it is open the case counts; upheld, it is excluded.
    """

    class Measure(models.TextChoices):
        """What a supplier is measured by; ``suppliers.trust`` has the formulas."""

        ORIGINAL = "original", _("On time and in full, first promise")
        CURRENT = "current", _("On time and in full, newest promise")
        STABILITY = "stability", _("Commit stability")
        RESPONSE = "response", _("Response time")
        QUALITY = "quality", _("Quality")
        WARNING = "warning", _("Early warning")
        ABSORPTION = "absorption", _("Change absorption")

    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="disputes")
    measure = models.CharField(max_length=12, choices=Measure)
    change = models.ForeignKey(
        RequestChange, models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["Dispute"]()

    class Meta:
        """A case is disputed once, with a reason; absorption is about one change."""

        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "measure"],
                condition=Q(change__isnull=True),
                name="dispute_once_a_case",
            ),
            models.UniqueConstraint(
                fields=["change"],
                condition=Q(change__isnull=False),
                name="dispute_once_a_change",
            ),
            models.CheckConstraint(
                condition=Q(measure="absorption", change__isnull=False)
                | (~Q(measure="absorption") & Q(change__isnull=True)),
                name="dispute_change_iff_absorption",
            ),
            models.CheckConstraint(condition=~Q(note=""), name="dispute_note_given"),
            models.CheckConstraint(condition=~Q(actor=""), name="dispute_actor_given"),
        ]

    def __str__(self) -> str:
        """Return measure and line."""
        return f"{self.measure} of {self.line_id}"


class DisputeAnswer(models.Model):
    """The buyer's answer to a dispute, once and for good; append-only."""

    dispute = models.OneToOneField(Dispute, models.PROTECT, related_name="answer")
    is_upheld = models.BooleanField()
    note = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "dispute__line__purchase_order__supplier"
    objects = TenantManager["DisputeAnswer"]()

    class Meta:
        """An answer gives its reason."""

        constraints = [
            models.CheckConstraint(
                condition=~Q(note=""), name="dispute_answer_note_given"
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="dispute_answer_actor_given"
            ),
        ]

    def __str__(self) -> str:
        """Return the decision."""
        return "upheld" if self.is_upheld else "not upheld"
