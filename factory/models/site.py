"""Sites and what is counted in places and people."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Site(models.Model):
    """A place where racks are integrated and tested; a partner may run it.

    Watts are AC input. ``cooling_permille`` is the cooling plant's draw per watt of
    liquid heat. Fences are days from now. Prices are whole US cents.
    """

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    zone = models.CharField(max_length=60, help_text="IANA time zone.")
    partner = models.CharField(max_length=80, blank=True, default="")
    contracted_import_w = models.PositiveBigIntegerField()
    averaging_min = models.PositiveSmallIntegerField(default=15)
    ratchet_percent = models.PositiveSmallIntegerField(default=85)
    ramp_w_per_min = models.PositiveBigIntegerField(default=500_000)
    base_load_day_w = models.PositiveBigIntegerField(default=0)
    base_load_night_w = models.PositiveBigIntegerField(default=0)
    night_from = models.TimeField(default="22:00")
    night_to = models.TimeField(default="06:00")
    cooling_permille = models.PositiveSmallIntegerField(default=120)
    demand_cents_per_kw_month = models.PositiveIntegerField(default=1_500)
    energy_cents_per_mwh = models.PositiveIntegerField(default=8_000)
    receiving_min = models.PositiveIntegerField(default=240)
    dock_usable_from = models.TimeField(default="17:00")
    frozen_days = models.PositiveSmallIntegerField(default=7)
    slushy_days = models.PositiveSmallIntegerField(default=28)
    bay_stay_limit_min = models.PositiveIntegerField(default=7_200)
    rework_permille = models.PositiveSmallIntegerField(
        default=200, help_text="Bay time added for rework, per mille."
    )
    power_owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """Limits that make a site plannable at all."""

        constraints = [
            models.CheckConstraint(
                condition=Q(contracted_import_w__gte=1), name="site_import_positive"
            ),
            models.CheckConstraint(
                condition=Q(ratchet_percent__lte=100), name="site_ratchet_range"
            ),
            models.CheckConstraint(
                condition=Q(averaging_min__gte=1, averaging_min__lte=60),
                name="site_averaging_range",
            ),
            models.CheckConstraint(
                condition=Q(slushy_days__gte=F("frozen_days")), name="site_fences_order"
            ),
        ]

    def __str__(self) -> str:
        """Return the site's name."""
        return self.name


class Place(models.TextChoices):
    """The kinds of place a step is done at."""

    KITTING = "kitting", "Kitting lane"
    STATION = "station", "Assembly station"
    LEAK_RIG = "leak_rig", "Leak rig"
    CART = "cart", "Fill cart"
    BAY = "bay", "Power bay"
    QA = "qa", "QA lane"
    PACK = "pack", "Pack lane"


class WorkCentre(models.Model):
    """Like places of one kind at one site, counted."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="work_centres")
    place = models.CharField(max_length=20, choices=Place)
    name = models.CharField(max_length=80)
    count = models.PositiveSmallIntegerField()
    owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """One row a site and kind; bays are rows of their own."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "place"], name="work_centre_place_unique"
            ),
            models.CheckConstraint(
                condition=~Q(place="bay"), name="work_centre_is_not_a_bay"
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Crew(models.Model):
    """People of one skill at one site; ``people`` are there in every open shift."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="crews")
    skill = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    people = models.PositiveSmallIntegerField()
    calendar = models.ForeignKey("factory.Calendar", models.PROTECT, related_name="+")
    owner = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        """One crew a site and skill."""

        constraints = [
            models.UniqueConstraint(fields=["site", "skill"], name="crew_skill_unique")
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class StaffProfile(models.Model):
    """What a member of staff does: role, home site, own time zone."""

    class Role(models.TextChoices):
        """DESIGN's roles of staff."""

        PLANNER = "planner", "Planner"
        BUYER = "buyer", "Buyer"
        ENERGY_DESK = "energy_desk", "Energy desk"
        TECHNICIAN = "technician", "Technician"
        QUALITY = "quality", "Quality"
        ADMINISTRATOR = "administrator", "Administrator"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_profile"
    )
    role = models.CharField(max_length=20, choices=Role)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    place = models.CharField(
        max_length=20,
        choices=Place,
        blank=True,
        default="",
        help_text="The place a technician works at; empty for all.",
    )

    def __str__(self) -> str:
        """Return user and role."""
        return f"{self.user} ({self.get_role_display()})"
