"""What happened: the append-only record shared by audit, feed, webhooks and replans."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the journal; each filter stays inside one index."""

    def sequenced(self) -> "EventQuerySet":
        """Return events that have their place in the one global order."""
        return self.filter(seq__isnull=False).order_by("seq")

    def after(self, seq: int) -> "EventQuerySet":
        """Return sequenced events later than a cursor."""
        return self.sequenced().filter(seq__gt=seq)

    def in_scope(self, scope: str) -> "EventQuerySet":
        """Return what one tenant may see."""
        return self.filter(scope=scope)


class Event(models.Model):
    """One change, written in the same transaction as the change itself.

    ``seq`` is null at insert, since a database sequence is not commit order; the
    dispatcher gives it under a lock. ``scope`` is an opaque string such as
    ``supplier:17`` or ``site:MTY``; empty means staff only.
    """

    seq = models.BigIntegerField(null=True, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    scope = models.CharField(max_length=80, blank=True, default="")
    actor = models.CharField(max_length=120)
    cause = models.CharField(max_length=120, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    summary = models.CharField(max_length=300, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        """Indexes name their readers."""

        constraints = [
            models.CheckConstraint(
                condition=Q(seq__isnull=True) | Q(seq__gte=1), name="event_seq_positive"
            ),
            models.CheckConstraint(condition=~Q(kind=""), name="event_kind_given"),
            models.CheckConstraint(condition=~Q(actor=""), name="event_actor_given"),
        ]
        indexes = [
            models.Index(fields=["scope", "seq"], name="event_feed_of_scope"),
            models.Index(
                fields=["object_type", "object_id", "seq"], name="event_history"
            ),
            models.Index(
                fields=["id"], condition=Q(seq__isnull=True), name="event_unsequenced"
            ),
        ]

    def __str__(self) -> str:
        """Return the kind and the object."""
        return f"{self.kind} {self.object_type}:{self.object_id}"
