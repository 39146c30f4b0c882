"""Who stands in for whom while somebody is away."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from suppliers.models.supplier import SupplierUser
from suppliers.models.tenant import TenantManager


class Delegation(models.Model):
    """A colleague who covers for a person from one day to another, both included.

    Days are dates in the supplier's zone. Meanwhile the delegate may do what the person
    may, and what would be sent to the person goes to the delegate.
    """

    person = models.ForeignKey(SupplierUser, models.CASCADE, related_name="delegations")
    delegate = models.ForeignKey(SupplierUser, models.CASCADE, related_name="covers")
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    SUPPLIER_PATH: ClassVar = "person__supplier"
    objects = TenantManager["Delegation"]()

    class Meta:
        """Somebody else covers, and from a first day to a last."""

        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="delegation_days_order"
            ),
            models.CheckConstraint(
                condition=~Q(person=F("delegate")), name="delegation_to_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        """Return both people."""
        return f"{self.delegate_id} covers for {self.person_id}"
