"""What the buyer changed after asking: each change a row, none overwritten."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.tenant import TenantManager


class RequestChange(models.Model):
    """One change of what a line asks for, as the buyer made it; append-only.

    How suppliers absorb such changes, and how much notice the buyer gives, is counted
    from these rows.
    """

    line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, related_name="request_changes"
    )
    number = models.PositiveIntegerField()
    quantity_before = models.PositiveIntegerField()
    quantity_after = models.PositiveIntegerField()
    need_by_before = models.DateField()
    need_by_after = models.DateField()
    is_cancelled = models.BooleanField(default=False)
    actor = models.CharField(max_length=120)
    asked_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["RequestChange"]()

    class Meta:
        """Numbers rise from 1; something differs."""

        ordering = ["line", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "number"], name="request_change_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="request_change_number_positive"
            ),
            models.CheckConstraint(
                condition=Q(quantity_before__gte=1, quantity_after__gte=1),
                name="request_change_quantities_positive",
            ),
            models.CheckConstraint(
                condition=Q(is_cancelled=True)
                | ~Q(quantity_before=F("quantity_after"))
                | ~Q(need_by_before=F("need_by_after")),
                name="request_change_differs",
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="request_change_actor_given"
            ),
        ]

    def __str__(self) -> str:
        """Return the line and the number."""
        return f"change {self.number} of {self.line_id}"
