"""Lots that must not be used any more, wherever their pieces are by now."""

from django.db import models
from django.db.models import F, Q

from factory.models.part import Part
from factory.models.site import Site


class LotRecall(models.Model):
    """A lot of a part that is called back; ``ended_at`` when it proved good after all.

    Pieces in stock are held at every site. Racks in work that hold pieces of it are on
    hold if ``holds_racks``.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    lot = models.CharField(max_length=40)
    reason = models.CharField(max_length=160)
    holds_racks = models.BooleanField(default=True)
    author = models.CharField(max_length=120)
    at = models.DateTimeField()
    ended_by = models.CharField(max_length=120, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One open recall a lot; it says why and by whom, its end too."""

        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["part", "lot"],
                condition=Q(ended_at__isnull=True),
                name="lot_recall_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(lot="") & ~Q(reason="") & ~Q(author=""),
                name="lot_recall_says_what_why_who",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="")
                | (Q(ended_at__gte=F("at")) & ~Q(ended_by="")),
                name="lot_recall_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return part and lot."""
        return f"{self.part_id} {self.lot}"
