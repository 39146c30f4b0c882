"""The commitment ledger: every promise a supplier made, none overwritten."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factory.models import Part
from suppliers.models.purchase_order import PurchaseOrderLine
from suppliers.models.tenant import TenantManager


class Commitment(models.Model):
    """The supplier's answer to one purchase-order line, across all its revisions.

    Acknowledging (seen) and committing (promised) are two facts. ``current`` is the
    newest promise on record, planned with while the state says that it stands;
    ``original`` the first, what the supplier is judged on; ``missed`` the last whose
    day was told to have gone by. ``version`` rises with every change and guards
    against overwriting somebody else's.
    """

    class State(models.TextChoices):
        """Life of a commitment; the way between is in ``suppliers.ledger``."""

        REQUESTED = "requested", _("Requested")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        COMMITTED = "committed", _("Committed")
        SHIPPED = "shipped", _("Shipped")
        RECEIVED = "received", _("Received")
        CLOSED = "closed", _("Closed")
        REJECTED = "rejected", _("Rejected")
        DECOMMITTED = "decommitted", _("Decommitted")
        ON_HOLD = "on_hold", _("On hold")
        CANCELLED = "cancelled", _("Cancelled")

    line = models.OneToOneField(
        PurchaseOrderLine, models.PROTECT, related_name="commitment"
    )
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    version = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    original = models.ForeignKey(
        "suppliers.CommitRevision", models.PROTECT, null=True, related_name="+"
    )
    current = models.ForeignKey(
        "suppliers.CommitRevision", models.PROTECT, null=True, related_name="+"
    )
    missed = models.ForeignKey(
        "suppliers.CommitRevision", models.PROTECT, null=True, related_name="+"
    )
    word_by = models.DateField(
        null=True, blank=True, help_text="'Cannot say yet': when the next word comes."
    )
    changed_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "line__purchase_order__supplier"
    objects = TenantManager["Commitment"]()

    class Meta:
        """A state that rests on a promise has one."""

        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["committed", "shipped", "received"])
                | Q(current__isnull=False),
                name="commitment_committed_has_revision",
            ),
            models.CheckConstraint(
                condition=Q(current__isnull=True, original__isnull=True)
                | Q(current__isnull=False, original__isnull=False),
                name="commitment_original_iff_current",
            ),
            models.CheckConstraint(
                condition=~Q(state="acknowledged") | Q(acknowledged_at__isnull=False),
                name="commitment_acknowledged_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="commitment_version_positive"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="commitment_by_state")]

    def __str__(self) -> str:
        """Return the line."""
        return f"commitment on {self.line_id}"

    @property
    def holds(self) -> bool:
        """Say whether the current promise stands, or was kept by what came."""
        states = self.State
        return self.state in {states.COMMITTED, states.SHIPPED, states.RECEIVED}

    @property
    def stands_in(self) -> str:
        """Return the code of the alternate promised in place of the part, if one is."""
        if not self.holds or self.current is None or self.current.substitute is None:
            return ""
        return self.current.substitute.code


class CommitRevision(models.Model):
    """One thing a supplier said about a line, as it was said; append-only.

    What had been asked and received then stays beside it: its tranches are about the
    rest. ``quantity`` and ``last_dock_date`` sum up the tranches. ``substitute`` is the
    approved alternate that will come in place of the part ordered.
    """

    class Kind(models.TextChoices):
        """What sort of answer it is, compared with the one before."""

        COMMIT = "commit", _("Commit")
        RECOMMIT = "recommit", _("Recommit")
        PULL_IN = "pull_in", _("Pull-in")
        PUSH_OUT = "push_out", _("Push-out")
        SPLIT = "split", _("Split")
        QUANTITY_CHANGE = "quantity_change", _("Quantity change")
        SUBSTITUTE = "substitute", _("Substitute")
        DECOMMIT = "decommit", _("Decommit")
        REJECT = "reject", _("Reject")
        CANNOT_SAY = "cannot_say", _("Cannot say yet")
        UNDO = "undo", _("Taken back")

    class Reason(models.TextChoices):
        """DOMAIN's reason codes."""

        NONE = "", _("No reason needed")
        CAPACITY = "capacity", _("Capacity")
        TIER2_MATERIAL = "tier2_material", _("Tier-2 material")
        YIELD = "yield", _("Yield")
        QUALITY_HOLD = "quality_hold", _("Quality hold")
        LOGISTICS = "logistics", _("Logistics")
        CUSTOMS = "customs", _("Customs")
        POWER_LIMIT = "power_limit", _("Power limit")
        LABOUR = "labour", _("Labour")
        ECO = "eco", _("Engineering change")
        BUYER_REQUEST = "buyer_request", _("Buyer's request")
        FORCE_MAJEURE = "force_majeure", _("Force majeure")
        DATA_ERROR = "data_error", _("Data error")

    class Cause(models.TextChoices):
        """Whose doing it is; only the supplier's own counts against it."""

        SUPPLIER = "supplier", _("Supplier")
        BUYER = "buyer", _("Buyer")
        CARRIER = "carrier", _("Carrier")
        FORCE_MAJEURE = "force_majeure", _("Force majeure")

    class Door(models.TextChoices):
        """Through which door it came."""

        PORTAL = "portal", _("Portal")
        LINK = "link", _("E-mail link")
        SPREADSHEET = "spreadsheet", _("Spreadsheet")
        API = "api", _("API")
        PLANNER = "planner", _("Planner")
        IMPORT = "import", _("Import")

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind)
    reason_code = models.CharField(
        max_length=16, choices=Reason, blank=True, default=Reason.NONE
    )
    note = models.CharField(max_length=300, blank=True, default="")
    cause = models.CharField(max_length=14, choices=Cause, default=Cause.SUPPLIER)
    door = models.CharField(max_length=12, choices=Door)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)
    requested_quantity = models.PositiveIntegerField()
    requested_date = models.DateField()
    received_quantity = models.PositiveIntegerField(default=0)
    quantity = models.PositiveIntegerField(default=0)
    last_dock_date = models.DateField(null=True)
    word_by = models.DateField(null=True)
    substitute = models.ForeignKey(Part, models.PROTECT, null=True, related_name="+")

    SUPPLIER_PATH: ClassVar = "commitment__line__purchase_order__supplier"
    objects = TenantManager["CommitRevision"]()

    class Meta:
        """Numbers rise from 1; a moved or withdrawn promise gives a reason."""

        ordering = ["commitment", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "number"], name="commit_revision_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="commit_revision_number_positive"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["push_out", "decommit", "reject"])
                | ~Q(reason_code=""),
                name="commit_revision_reason_when_worse",
            ),
            models.CheckConstraint(
                condition=~Q(kind="cannot_say") | Q(word_by__isnull=False),
                name="commit_revision_cannot_say_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="commit_revision_actor_given"
            ),
            models.CheckConstraint(
                condition=Q(quantity=0, last_dock_date__isnull=True)
                | Q(quantity__gte=1, last_dock_date__isnull=False),
                name="commit_revision_quantity_iff_date",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["decommit", "reject", "cannot_say", "undo"], quantity=0
                )
                | (
                    ~Q(kind__in=["decommit", "reject", "cannot_say", "undo"])
                    & Q(quantity__gte=1)
                ),
                name="commit_revision_promise_iff_quantity",
            ),
            models.CheckConstraint(
                condition=Q(quantity=0)
                | Q(requested_quantity__gte=F("quantity") + F("received_quantity")),
                name="commit_revision_within_request",
            ),
            models.CheckConstraint(
                condition=Q(substitute__isnull=True) | Q(quantity__gte=1),
                name="commit_revision_substitute_needs_promise",
            ),
            models.CheckConstraint(
                condition=~Q(kind="substitute") | Q(substitute__isnull=False),
                name="commit_revision_substitute_has_part",
            ),
        ]

    def __str__(self) -> str:
        """Return kind and number."""
        return f"{self.kind} {self.number}"


class Tranche(models.Model):
    """One quantity on one dock date of a revision; append-only.

    ``dock_date`` is a date in the receiving site's zone.
    """

    revision = models.ForeignKey(
        CommitRevision, models.PROTECT, related_name="tranches"
    )
    number = models.PositiveSmallIntegerField()
    quantity = models.PositiveIntegerField()
    dock_date = models.DateField()

    SUPPLIER_PATH: ClassVar = "revision__commitment__line__purchase_order__supplier"
    objects = TenantManager["Tranche"]()

    class Meta:
        """Each tranche brings something, and dates differ."""

        ordering = ["revision", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "number"], name="tranche_number_unique"
            ),
            models.UniqueConstraint(
                fields=["revision", "dock_date"], name="tranche_date_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="tranche_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="tranche_number_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return quantity and date."""
        return f"{self.quantity} on {self.dock_date}"
