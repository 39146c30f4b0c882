"""Who ordered what, and how the wish has changed since."""

from django.db import models
from django.db.models import Q

from factory.models.routing import RackModel
from factory.models.site import Site


class Customer(models.Model):
    """Who receives racks; transit is added to a ship date to reach the dock."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    transit_min = models.PositiveIntegerField(default=1_440)
    owner = models.CharField(
        max_length=80, blank=True, default="", help_text="Who tells the customer."
    )

    class Meta:
        """Sorted by name."""

        ordering = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Order(models.Model):
    """A customer's order for racks of one model at one site.

    ``requested_date`` means shipped by 23:59 that day at the site. Lateness costs
    ``late_cents_per_day`` a rack. Known to an ERP by system and external id.
    """

    class ServiceClass(models.TextChoices):
        """How much the customer bends."""

        FIRM = "firm", "Firm"
        FLEXIBLE = "flexible", "Flexible"

    class State(models.TextChoices):
        """Life of an order."""

        OPEN = "open", "Open"
        PAUSED = "paused", "Paused"
        SHIPPED = "shipped", "Shipped"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=40, unique=True)
    system = models.SlugField(max_length=40, blank=True, default="")
    external_id = models.CharField(max_length=80, blank=True, default="")
    external_revision = models.PositiveIntegerField(default=0)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    site = models.ForeignKey(Site, models.PROTECT, related_name="orders")
    rack_model = models.ForeignKey(RackModel, models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    service_class = models.CharField(
        max_length=10, choices=ServiceClass, default=ServiceClass.FIRM
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    received_at = models.DateTimeField()
    requested_date = models.DateField()
    late_cents_per_day = models.PositiveIntegerField(default=600_000)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """Known once to each ERP; at least one rack."""

        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"],
                condition=~Q(external_id=""),
                name="order_external_id_unique",
            ),
            models.CheckConstraint(
                condition=Q(external_id="") | ~Q(system=""),
                name="order_external_id_needs_system",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="order_quantity_positive"
            ),
        ]
        indexes = [models.Index(fields=["site", "state"], name="order_to_plan")]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class OrderChange(models.Model):
    """A change asked for and what was granted; never edited."""

    class Kind(models.TextChoices):
        """The changes a trusted factory absorbs."""

        INCREASE = "increase", "Increase"
        DECREASE = "decrease", "Decrease"
        CANCEL = "cancel", "Cancel"
        PULL_IN = "pull_in", "Pull in"
        PUSH_OUT = "push_out", "Push out"
        CUSTOMER_SWITCH = "customer_switch", "Customer switch"
        EMERGENCY_ADD = "emergency_add", "Emergency add-on"
        PAUSE = "pause", "Pause"
        RESTART = "restart", "Restart"
        MODEL_CHANGE = "model_change", "Model change"

    order = models.ForeignKey(Order, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    author = models.CharField(max_length=120)
    reason = models.CharField(max_length=200)
    quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    requested_date = models.DateField(null=True, blank=True)
    granted_date = models.DateField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        """A change has an author and a reason."""

        ordering = ["order", "at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(author="") & ~Q(reason=""),
                name="order_change_author_and_reason",
            )
        ]

    def __str__(self) -> str:
        """Return kind and order."""
        return f"{self.kind} {self.order_id}"
