"""On which weekdays a person wants no mail about which kind of line."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from suppliers.models.supplier import SupplierUser
from suppliers.models.tenant import TenantManager


class QuietDay(models.Model):
    """A weekday without mail about lines that wait for one reason; 0 is Monday.

    Without a row mail comes on every day, so nobody has to settle anything first.
    """

    class About(models.TextChoices):
        """Why a line waits for its supplier, as the portal sorts lines."""

        OVERDUE = "overdue", _("Overdue")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        NEW = "new", _("New order")
        WORD_DUE = "word_due", _("Word due")
        ASKED_ANEW = "asked_anew", _("Asked anew")
        TOO_LATE = "too_late", _("Too late for racks")

    person = models.ForeignKey(SupplierUser, models.CASCADE, related_name="quiet_days")
    about = models.CharField(max_length=10, choices=About)
    weekday = models.PositiveSmallIntegerField()

    SUPPLIER_PATH: ClassVar = "person__supplier"
    objects = TenantManager["QuietDay"]()

    class Meta:
        """One row a person, reason and weekday."""

        constraints = [
            models.UniqueConstraint(
                fields=["person", "about", "weekday"], name="quiet_day_unique"
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6), name="quiet_day_weekday_range"
            ),
        ]

    def __str__(self) -> str:
        """Return what about and when."""
        return f"{self.about} on weekday {self.weekday}"
