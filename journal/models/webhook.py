"""Webhooks: where a client is sent news, signed with what, and how each went."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from journal.models.client import ApiClient
from journal.models.event import Event


class WebhookEndpoint(models.Model):
    """An address of a client that is sent news of events.

    ``kinds`` are kinds of event by comma, each whole or ending in ``.*``; empty: all.
    It is sent what its client may learn, and nothing while it is switched off.
    """

    class Reason(models.TextChoices):
        """Why nothing is sent any more."""

        GONE = "gone", "It answered 410 Gone"
        FAILING = "failing", "It failed for days"
        BY_HAND = "by_hand", "Switched off by hand"

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=500)
    kinds = models.CharField(max_length=500, blank=True, default="")
    is_active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_because = models.CharField(
        max_length=10, choices=Reason, blank=True, default=""
    )
    failing_since = models.DateTimeField(null=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One endpoint a client and address; off says when and why."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "url"], name="webhook_endpoint_unique"
            ),
            models.CheckConstraint(
                condition=Q(
                    is_active=True, disabled_at__isnull=True, disabled_because=""
                )
                | (
                    Q(is_active=False, disabled_at__isnull=False)
                    & ~Q(disabled_because="")
                ),
                name="webhook_endpoint_off_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.url


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    """Reads of secrets."""

    def valid(self, now: datetime) -> "WebhookSecretQuerySet":
        """Return those that sign at a moment, the newest first."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).order_by(
            "-pk"
        )


class WebhookSecret(models.Model):
    """One signing secret of an endpoint; two sign while it changes to the next.

    Only ``salt`` is kept: the secret is made from it and the server's own key.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="secrets"
    )
    salt = models.CharField(max_length=43, unique=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookSecretQuerySet.as_manager()

    def __str__(self) -> str:
        """Return whose it is."""
        return f"secret {self.pk} of endpoint {self.endpoint_id}"


class Delivery(models.Model):
    """One event on its way to one endpoint; without an event it is a ping.

    ``due_at`` is when it is tried next. Who tries it moves ``due_at`` ahead first, so
    that two dispatchers do not send it at once and a killed one loses nothing.
    """

    class State(models.TextChoices):
        """Life of a delivery."""

        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="deliveries"
    )
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """An event goes once to an endpoint; indexes name their readers."""

        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"], name="delivery_once_an_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="waiting", due_at__isnull=False, ended_at__isnull=True
                )
                | (
                    ~Q(state="waiting") & Q(due_at__isnull=True, ended_at__isnull=False)
                ),
                name="delivery_waiting_iff_due",
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__gte=100, status__lte=999),
                name="delivery_status_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="delivery_due"
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
        ]

    def __str__(self) -> str:
        """Return event and endpoint."""
        return f"event {self.event_id} to endpoint {self.endpoint_id}"
