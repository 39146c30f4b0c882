"""What will be needed, told ahead, and what suppliers say they can make."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import Part, Site
from suppliers.models.commitment import CommitRevision
from suppliers.models.supplier import Supplier, SupplierUser
from suppliers.models.tenant import TenantManager

Door = CommitRevision.Door


class ForecastBucket(models.Model):
    """Pieces of a part that one site needs from one supplier in a week or a quarter.

    ``quantity`` is the newest forecast and ``number`` its revision; ``response`` the
    newest answer to any of them. A week starts on a Monday, a quarter on its first day.
    """

    class Span(models.TextChoices):
        """How long a bucket is."""

        WEEK = "week", "Week"
        QUARTER = "quarter", "Quarter"

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="forecast")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    span = models.CharField(max_length=10, choices=Span)
    starts_on = models.DateField()
    quantity = models.PositiveIntegerField()
    number = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)
    response = models.ForeignKey(
        "suppliers.ForecastResponse", models.PROTECT, null=True, related_name="+"
    )

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["ForecastBucket"]()

    class Meta:
        """One bucket a supplier, part, site and span of time."""

        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "part", "site", "span", "starts_on"],
                name="forecast_bucket_unique",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="forecast_bucket_number_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "starts_on"], name="forecast_bucket_when")
        ]

    def __str__(self) -> str:
        """Return quantity and start."""
        return f"{self.quantity} from {self.starts_on}"


class ForecastRevision(models.Model):
    """What a bucket's forecast was from a moment on; append-only."""

    bucket = models.ForeignKey(ForecastBucket, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    publication = models.CharField(max_length=20)
    made_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "bucket__supplier"
    objects = TenantManager["ForecastRevision"]()

    class Meta:
        """Numbers rise from 1."""

        ordering = ["bucket", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "number"], name="forecast_revision_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="forecast_revision_number_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return number and quantity."""
        return f"{self.number}: {self.quantity}"


class ForecastResponse(models.Model):
    """What a supplier said it can deliver of a bucket; append-only.

    ``forecast_quantity`` is what it answered to.
    """

    bucket = models.ForeignKey(ForecastBucket, models.PROTECT, related_name="responses")
    number = models.PositiveIntegerField()
    forecast_quantity = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    door = models.CharField(max_length=12, choices=Door.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "bucket__supplier"
    objects = TenantManager["ForecastResponse"]()

    class Meta:
        """Numbers rise from 1, and somebody said it."""

        ordering = ["bucket", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "number"], name="forecast_response_number_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="forecast_response_number_positive"
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="forecast_response_actor_given"
            ),
        ]

    def __str__(self) -> str:
        """Return number and quantity."""
        return f"{self.number}: {self.quantity}"


class DeclaredCapacity(models.Model):
    """Pieces of a part a supplier can make a week from a Monday on; append-only.

    Of those in force the newest ``valid_from`` rules, and of one day the newest said.
    Without ``per_week`` there is no limit from that day on.
    """

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="capacities")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    per_week = models.PositiveIntegerField(null=True)
    valid_from = models.DateField()
    note = models.CharField(max_length=300, blank=True, default="")
    door = models.CharField(max_length=12, choices=Door.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    actor = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)

    SUPPLIER_PATH: ClassVar = "supplier"
    objects = TenantManager["DeclaredCapacity"]()

    class Meta:
        """Numbers rise from 1 for each supplier and part."""

        ordering = ["supplier", "part", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "part", "number"],
                name="declared_capacity_number_unique",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="declared_capacity_number_positive"
            ),
            models.CheckConstraint(
                condition=~Q(actor=""), name="declared_capacity_actor_given"
            ),
        ]

    def __str__(self) -> str:
        """Return pieces a week and since when."""
        return f"{self.per_week} a week from {self.valid_from}"


class ForecastLook(models.Model):
    """When a person of a supplier last said to have seen the forecast."""

    person = models.OneToOneField(SupplierUser, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    SUPPLIER_PATH: ClassVar = "person__supplier"
    objects = TenantManager["ForecastLook"]()

    def __str__(self) -> str:
        """Return who and when."""
        return f"{self.person_id} at {self.seen_at}"
