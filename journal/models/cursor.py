"""Where each reader of the journal stands, and which processes are alive."""

from django.db import models
from django.db.models import Q


class Cursor(models.Model):
    """The last event one consumer has dealt with; each consumer keeps its own."""

    consumer = models.CharField(max_length=60, unique=True)
    seq = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        """A cursor never stands before the first event."""

        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=0), name="cursor_seq_range")
        ]

    def __str__(self) -> str:
        """Return consumer and place."""
        return f"{self.consumer} at {self.seq}"


class ProcessBeat(models.Model):
    """The last sign of life of a long-running process, for ``readyz``."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return name and moment."""
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
