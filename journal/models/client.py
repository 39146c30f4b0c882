"""API clients: who may call, with which keys, and which two of three capabilities."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

RATE_MOST = 1_000_000


class ApiClient(models.Model):
    """A machine that calls the API with one of its keys.

    At most two of the three capabilities are ever true; ``scopes`` hold it to less.
    ``requests_per_min`` is the house's setting unless the client has one of its own.
    """

    name = models.CharField(max_length=120, unique=True)
    system = models.SlugField(
        max_length=40, help_text="Name of the ERP in external identifiers."
    )
    sensitive_data = models.BooleanField(default=False)
    code_execution = models.BooleanField(default=False)
    external_communication = models.BooleanField(default=False)
    scopes = models.CharField(
        max_length=1_000,
        blank=True,
        default="",
        help_text="By comma; empty: all that the capabilities open.",
    )
    acknowledges_promises = models.BooleanField(
        default=False, help_text="Whether promise dates it has not stored are an alarm."
    )
    requests_per_min = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """The third capability is refused by the database."""

        constraints = [
            models.CheckConstraint(
                condition=Q(sensitive_data=False)
                | Q(code_execution=False)
                | Q(external_communication=False),
                name="api_client_two_of_three_capabilities",
            ),
            models.CheckConstraint(
                condition=Q(requests_per_min__isnull=True)
                | Q(requests_per_min__gte=1, requests_per_min__lte=RATE_MOST),
                name="api_client_rate_range",
            ),
        ]

    def __str__(self) -> str:
        """Return the client's name."""
        return self.name


class ClientKeyQuerySet(models.QuerySet["ClientKey"]):
    """Reads of keys."""

    def valid(self, now: datetime) -> "ClientKeyQuerySet":
        """Return keys that open the API at a moment, of active clients."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), client__is_active=True
        )


class ClientKey(models.Model):
    """One key of a client; it has two while it changes from one to the next.

    The key is shown once; ``digest`` is its SHA-256 in hex and ``prefix`` what people
    see. A key that is taken back expires at that moment; its row stays.
    """

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ClientKeyQuerySet.as_manager()

    class Meta:
        """Newest last; no key ends before it begins."""

        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("made_at")),
                name="client_key_ends_after_it_begins",
            )
        ]

    def __str__(self) -> str:
        """Return what people see of it."""
        return f"{self.prefix}…"

    def opens_at(self, now: datetime) -> bool:
        """Return whether it has not expired; its client may still be switched off."""
        return self.expires_at is None or self.expires_at > now
