"""Who ordered what, and how the wish has changed since."""

from django.db import models
from django.db.models import F, Q

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
    transit_min = models.PositiveIntegerField(
        default=0, help_text="From the site that builds it to where it was ordered."
    )
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
    """A change of an order that was asked for; never edited. Its decision is a row too.

    ``quantity`` is what the order has afterwards; of a customer switch the racks handed
    over, of an emergency add-on the racks on top, which become an order of their own.
    """

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
        SERVICE_CHANGE = "service_change", "Service class change"

    order = models.ForeignKey(Order, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    author = models.CharField(max_length=120)
    actor = models.CharField(max_length=120, default="system")
    reason = models.CharField(max_length=200)
    quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    requested_date = models.DateField(null=True, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="+"
    )
    rack_model = models.ForeignKey(
        RackModel, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        """A change has an author and a reason, and names what it asks for."""

        ordering = ["order", "at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(author="") & ~Q(reason=""),
                name="order_change_author_and_reason",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["increase", "decrease", "emergency_add"])
                | Q(quantity__isnull=False, quantity__gte=1),
                name="order_change_of_size_has_quantity",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["pull_in", "push_out", "emergency_add"])
                | Q(requested_date__isnull=False),
                name="order_change_of_date_has_date",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="customer_switch",
                    customer__isnull=False,
                    quantity__isnull=False,
                    quantity__gte=1,
                )
                | (~Q(kind="customer_switch") & Q(customer__isnull=True)),
                name="order_change_switch_has_customer",
            ),
            models.CheckConstraint(
                condition=Q(kind="model_change", rack_model__isnull=False)
                | (~Q(kind="model_change") & Q(rack_model__isnull=True)),
                name="order_change_of_model_has_model",
            ),
        ]

    def __str__(self) -> str:
        """Return kind and order."""
        return f"{self.kind} {self.order_id}"

    @property
    def state(self) -> str:
        """Return what became of it: proposed, granted or refused."""
        decision: ChangeDecision | None = getattr(self, "decision", None)
        if decision is None:
            return "proposed"
        return "granted" if decision.is_granted else "refused"


class ChangeDecision(models.Model):
    """What became of a change that was asked for, and the facts it was decided on.

    Never edited. The facts let the database itself refuse what the state table does:
    ``racks_begun`` and ``racks_tested`` count shipped racks too. They are unknown for
    changes decided before facts were kept.
    """

    change = models.OneToOneField(OrderChange, models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=20, choices=OrderChange.Kind)
    is_granted = models.BooleanField()
    author = models.CharField(max_length=120)
    actor = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True, default="")
    granted_date = models.DateField(null=True, blank=True)
    state_before = models.CharField(max_length=10, blank=True, default="")
    state_after = models.CharField(max_length=10, blank=True, default="")
    quantity_before = models.PositiveSmallIntegerField(null=True)
    quantity_after = models.PositiveSmallIntegerField(null=True)
    racks_begun = models.PositiveSmallIntegerField(null=True)
    racks_tested = models.PositiveSmallIntegerField(null=True)
    racks_handed = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        """The state table of ``factory.order_rules``, once more as constraints."""

        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(author="") & ~Q(actor=""), name="change_decision_author"
            ),
            models.CheckConstraint(
                condition=Q(is_granted=True)
                | (~Q(reason="") & Q(granted_date__isnull=True)),
                name="change_refused_has_reason_and_no_date",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | Q(state_before__in=["", "open", "paused"])
                | Q(kind="restart", state_before="cancelled"),
                name="change_of_living_order",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind="increase")
                | Q(quantity_after__gt=F("quantity_before")),
                name="change_increase_rises",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind="decrease")
                | Q(
                    quantity_after__lt=F("quantity_before"),
                    quantity_after__gte=F("racks_begun"),
                ),
                name="change_decrease_keeps_begun",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind__in=["cancel", "model_change"])
                | Q(racks_begun__lte=0),
                name="change_of_all_before_begun",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind="customer_switch")
                | Q(racks_handed__gte=1)
                & Q(quantity_before__gte=F("racks_handed") + F("racks_tested")),
                name="change_switch_before_test",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind="pause")
                | Q(state_before="open", state_after="paused"),
                name="change_pause_of_open",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=False)
                | ~Q(kind="restart")
                | Q(state_before__in=["paused", "cancelled"], state_after="open"),
                name="change_restart_of_stopped",
            ),
        ]

    def __str__(self) -> str:
        """Return the verdict and the change."""
        return f"{'granted' if self.is_granted else 'refused'} {self.change_id}"
