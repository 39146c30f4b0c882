"""The address under which a person's calendar reads the supplier's promises."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from suppliers.models.supplier import SupplierUser
from suppliers.models.tenant import TenantManager


class CalendarFeed(models.Model):
    """One person's secret address; only its hash is kept, so it is shown once.

    Taking the address back deletes the row.
    """

    person = models.OneToOneField(
        SupplierUser, models.CASCADE, related_name="calendar_feed"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    SUPPLIER_PATH: ClassVar = "person__supplier"
    objects = TenantManager["CalendarFeed"]()

    class Meta:
        """A feed has an address."""

        constraints = [
            models.CheckConstraint(
                condition=~Q(token_hash=""), name="calendar_feed_hash_given"
            )
        ]

    def __str__(self) -> str:
        """Return whose it is."""
        return f"calendar of {self.person_id}"
