"""An order that another site could build sooner, and what was decided."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import Order, Site
from scheduling.models.quote import Quote


class SiteMove(models.Model):
    """One order not begun, quoted at another site; a planner decides.

    ``home_on`` is the day the plan in force ships it at home; None if it does not.
    """

    class State(models.TextChoices):
        """Life of a proposal."""

        OPEN = "open", "Open"
        MOVED = "moved", "Moved"
        LEFT = "left", "Left where it is"

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    origin = models.ForeignKey(Site, models.PROTECT, related_name="+")
    target = models.ForeignKey(Site, models.PROTECT, related_name="+")
    transit_min = models.PositiveIntegerField()
    quote = models.OneToOneField(Quote, models.PROTECT, related_name="+")
    home_on = models.DateField(null=True)
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=120, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """To another site, one open proposal an order and site, decided by somebody."""

        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(origin=F("target")), name="site_move_leads_elsewhere"
            ),
            models.UniqueConstraint(
                fields=["order", "target"],
                condition=Q(state="open"),
                name="site_move_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by="")
                | (
                    Q(state__in=["moved", "left"], decided_at__isnull=False)
                    & ~Q(decided_by="")
                ),
                name="site_move_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return order and target."""
        return f"{self.order_id} to {self.target_id}"
