"""What could be promised, and what is held for somebody who has not ordered yet."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from factory.models import RackModel, Site
from scheduling.models.publication import Publication

MOST_RACKS = 100
MOST_PROMISES = 20
MOST_HOURS = 168


class QuoteQuerySet(models.QuerySet["Quote"]):
    """Reads of quotes; moments are the database's own."""

    def to_send(self, *, again_after: timedelta) -> "QuoteQuerySet":
        """Return quotes nobody answers now and no fresh message names, oldest first."""
        return self.filter(
            Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - again_after),
            Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now()),
            state=Quote.State.REQUESTED,
        ).order_by("id")


class Quote(models.Model):
    """One question for a date: model, quantity and wish; answered once, never changed.

    ``places`` holds ``[[[step code, start, bay code], ...], ...]``, a list a rack;
    ``reserved`` the parts that each rack takes from what is yet to be bought.
    """

    class State(models.TextChoices):
        """Life of a quote."""

        REQUESTED = "requested", "Requested"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"

    MAX_ATTEMPTS = 3

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    rack_model = models.ForeignKey(RackModel, models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_RACKS)]
    )
    wish_date = models.DateField()
    most_promises = models.PositiveSmallIntegerField(
        default=0, help_text="Promises to others that may move for the eased date."
    )
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    actor = models.CharField(max_length=120)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    publication = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    known_booking = models.BigIntegerField(
        default=0, help_text="The newest booking that the answer knows of."
    )
    ships_on = models.DateField(null=True)
    moved_racks = models.PositiveIntegerField(default=0)
    eased_ships_on = models.DateField(null=True)
    eased_orders = models.JSONField(default=list)
    bound_on = models.DateField(null=True)
    limit = models.CharField(max_length=20, blank=True, default="")
    sentence = models.CharField(max_length=300, blank=True, default="")
    owner = models.CharField(max_length=80, blank=True, default="")
    places = models.JSONField(default=list)
    reserved = models.JSONField(default=list)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        """An answer has a moment, and a date or a reason; no date beats its bound."""

        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_RACKS),
                name="quote_quantity_range",
            ),
            models.CheckConstraint(
                condition=Q(most_promises__lte=MOST_PROMISES),
                name="quote_promises_range",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", answered_at__isnull=True)
                | (Q(state__in=["answered", "failed"], answered_at__isnull=False)),
                name="quote_ended_iff_answered_at",
            ),
            models.CheckConstraint(
                condition=Q(state="requested")
                | Q(ships_on__isnull=False)
                | ~Q(sentence=""),
                name="quote_without_date_says_why",
            ),
            models.CheckConstraint(
                condition=Q(ships_on__isnull=True)
                | Q(bound_on__isnull=True)
                | Q(bound_on__lte=F("ships_on")),
                name="quote_date_not_before_bound",
            ),
            models.CheckConstraint(
                condition=Q(eased_ships_on__isnull=True)
                | Q(ships_on__isnull=False, eased_ships_on__lte=F("ships_on")),
                name="quote_eased_date_no_later",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=3), name="quote_at_most_three_attempts"
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"quote {self.pk}"


class BookingQuerySet(models.QuerySet["Booking"]):
    """Reads of bookings."""

    def held(self) -> "BookingQuerySet":
        """Return bookings that hold capacity."""
        return self.filter(state=Booking.State.HELD)


class Booking(models.Model):
    """Capacity held for a quote until a moment; plans keep its racks where they are."""

    class State(models.TextChoices):
        """Life of a booking."""

        HELD = "held", "Held"
        EXPIRED = "expired", "Expired"

    quote = models.OneToOneField(Quote, models.PROTECT, related_name="booking")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    ships_on = models.DateField()
    reference = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    actor = models.CharField(max_length=120)
    booked_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        """A booking ends after it begins; what is no longer held says since when."""

        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("booked_at")), name="booking_has_a_span"
            ),
            models.CheckConstraint(
                condition=Q(state="held", released_at__isnull=True)
                | Q(state="expired", released_at__isnull=False),
                name="booking_released_iff_released_at",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="booking_to_release"),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"booking {self.pk}"
