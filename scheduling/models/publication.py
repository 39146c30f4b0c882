"""What was told to the world: publications, and every promise to a customer."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from factory.models import Order, OrderChange, Site
from scheduling.models.plan import Plan


class Publication(models.Model):
    """A plan put in force for a site; numbered, atomic, never changed.

    ``acknowledged`` lists the orders whose broken promise somebody signed for, and
    ``reasons`` the words given for each, by order number.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    plan = models.OneToOneField(Plan, models.PROTECT, related_name="publication")
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True, default="")
    acknowledged = models.JSONField(default=list)
    reasons = models.JSONField(default=dict)
    moved_steps = models.PositiveIntegerField(default=0)
    moved_racks = models.PositiveIntegerField(default=0)
    promises_broken = models.PositiveIntegerField(default=0)
    kpis = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbers rise from 1 at each site."""

        ordering = ["site", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "number"], name="publication_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="publication_number_positive"
            ),
            models.CheckConstraint(
                condition=Q(previous__isnull=True) | ~Q(previous=F("id")),
                name="publication_not_own_previous",
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"publication {self.number}"


class CustomerPromise(models.Model):
    """One revision of what is promised to a customer; append-only.

    The date means the order's last rack is shipped by 23:59 at the site. A revision
    names the one it follows; a publication or a granted change of the order made it.
    """

    class Kind(models.TextChoices):
        """Compared with the revision before."""

        PROMISE = "promise", "Promise"
        PULL_IN = "pull_in", "Pull-in"
        PUSH_OUT = "push_out", "Push-out"
        CONFIRMED = "confirmed", "Confirmed"
        QUANTITY = "quantity", "Quantity"
        ON_HOLD = "on_hold", "On hold"
        WITHDRAWN = "withdrawn", "Withdrawn"

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    date = models.DateField()
    quantity = models.PositiveSmallIntegerField()
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="promises"
    )
    change = models.ForeignKey(OrderChange, models.PROTECT, null=True, related_name="+")
    predecessor = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="successor"
    )
    limit = models.CharField(max_length=20, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Numbers rise from 1; each but the first follows one and says why."""

        ordering = ["order", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "number"], name="customer_promise_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="customer_promise_number_positive"
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""),
                name="customer_promise_change_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(number=1, predecessor__isnull=True)
                | Q(number__gt=1, predecessor__isnull=False),
                name="customer_promise_follows_one",
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="customer_promise_has_actor"
            ),
        ]

    def __str__(self) -> str:
        """Return order and date."""
        return f"{self.order_id} by {self.date}"
