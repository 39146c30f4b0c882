"""What is worked out from the ledger and kept, so that a page need not do it again.

Nothing here is a fact: ``suppliers.services.derive`` writes it anew at any time.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from factory.models import Part
from suppliers.models.supplier import Supplier
from suppliers.models.tenant import TenantManager


class Score(models.Model):
    """A supplier's trust figures over one window of 13 weeks.

    ``figures`` is a mapping from measure to its number of cases and its sum of points;
    it is replaced as a whole. ``quarters_ago`` 0 is the window that ends on ``as_of``.
    """

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="scores")
    quarters_ago = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateField()
    figures = models.JSONField(default=dict)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["Score"]()

    class Meta:
        """One row a supplier and window."""

        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "quarters_ago"], name="score_once_a_window"
            ),
            models.CheckConstraint(
                condition=Q(quarters_ago__lte=1), name="score_window_known"
            ),
        ]

    def __str__(self) -> str:
        """Return whose score it is, and of when."""
        return f"score of {self.supplier_id} as of {self.as_of}"


class ArrivalHabit(models.Model):
    """How late one supplier's deliveries of one part come, or of all parts.

    ``weights`` maps a delay in days to its weight; it is replaced as a whole. The row
    without a supplier is everybody's; the row without a part is the supplier's.
    """

    supplier = models.ForeignKey(
        Supplier, models.CASCADE, null=True, related_name="habits"
    )
    part = models.ForeignKey(Part, models.CASCADE, null=True, related_name="+")
    as_of = models.DateField()
    weights = models.JSONField(default=dict)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["ArrivalHabit"]()

    class Meta:
        """One row each; a part without a supplier has none."""

        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "part"], name="arrival_habit_once"
            ),
            models.UniqueConstraint(
                fields=["supplier"],
                condition=Q(part__isnull=True),
                name="arrival_habit_once_a_supplier",
            ),
            models.CheckConstraint(
                condition=Q(supplier__isnull=False) | Q(part__isnull=True),
                name="arrival_habit_part_has_supplier",
            ),
        ]

    def __str__(self) -> str:
        """Return whose habit it is."""
        return f"habit of {self.supplier_id or 'all'}"
