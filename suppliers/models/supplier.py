"""Suppliers, their people, and what they are approved to make."""

from typing import ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from factory.models import Part
from suppliers.models.tenant import TenantManager


def known_zone(name: str) -> None:
    """Refuse a time zone that is none, since pages are shown in it."""
    if name not in available_timezones():
        raise ValidationError(
            "%(name)s is no time zone; say one such as Asia/Taipei.",
            params={"name": name[:60]},
        )


class Supplier(models.Model):
    """A company that answers for deliveries; zone and language are its people's."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=120, unique=True)
    region = models.CharField(max_length=40)
    zone = models.CharField(max_length=60, default="UTC", validators=[known_zone])
    language = models.CharField(max_length=10, default="en")
    buyer = models.CharField(max_length=80, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        """Sorted by name."""

        ordering = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def scope(self) -> str:
        """Return the journal's scope string of this tenant."""
        return f"supplier:{self.pk}"


class SupplierUser(models.Model):
    """A person who acts for one supplier, and what that person may do.

    ``language`` is the person's own; empty means the supplier's.
    """

    class Role(models.TextChoices):
        """Rights in the portal; each includes the ones below it."""

        ANSWER = "answer", _("Answer")
        SHIP = "ship", _("Ship")
        READ = "read", _("Read")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="supplier_user"
    )
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="people")
    role = models.CharField(max_length=10, choices=Role, default=Role.ANSWER)
    language = models.CharField(max_length=10, blank=True, default="")

    SUPPLIER_PATH: ClassVar = "supplier"
    # First, so that the admin's forms can look whether a user acts for somebody else.
    everyone: ClassVar[models.Manager["SupplierUser"]] = models.Manager()
    objects = TenantManager["SupplierUser"]()

    def __str__(self) -> str:
        """Return user and supplier."""
        return f"{self.user} of {self.supplier}"

    @property
    def name(self) -> str:
        """Return the person's full name, else the name to sign in with."""
        return self.user.get_full_name() or self.user.get_username()

    @property
    def spoken(self) -> str:
        """Return the code of the language the person reads pages in."""
        return self.language or self.supplier.language


class Source(models.Model):
    """A supplier approved for a part, with its lead time in days at P50 and P90."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="sources")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    lead_time_p50_days = models.PositiveSmallIntegerField()
    lead_time_p90_days = models.PositiveSmallIntegerField()
    minimum_lot = models.PositiveIntegerField(default=1)
    share_percent = models.PositiveSmallIntegerField(default=100)

    SUPPLIER_PATH: ClassVar = "supplier"
    # First, so that the admin's forms can look whether a source is on file.
    everyone: ClassVar[models.Manager["Source"]] = models.Manager()
    objects = TenantManager["Source"]()

    class Meta:
        """P90 is no earlier than P50; one row a supplier and part."""

        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "part"], name="source_supplier_part_unique"
            ),
            models.CheckConstraint(
                condition=Q(lead_time_p90_days__gte=F("lead_time_p50_days")),
                name="source_lead_times_order",
            ),
            models.CheckConstraint(
                condition=Q(minimum_lot__gte=1), name="source_minimum_lot_positive"
            ),
            models.CheckConstraint(
                condition=Q(share_percent__lte=100), name="source_share_range"
            ),
        ]

    def __str__(self) -> str:
        """Return supplier and part."""
        return f"{self.supplier_id} makes {self.part_id}"
