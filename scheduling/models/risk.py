"""The risk register: every limit that binds the plan in force, with owner and date."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from factory.models import Site
from scheduling.models.publication import Publication


class RiskQuerySet(models.QuerySet["Risk"]):
    """Reads of risks."""

    def open(self) -> "RiskQuerySet":
        """Return risks whose limit binds the plan in force, the dearest first."""
        return self.filter(state=Risk.State.OPEN).order_by("-held_min", "id")


class Risk(models.Model):
    """One limit that binds: who owns it, what is to be done next and by when.

    Opened by a publication, kept up by the next ones, and closed by the first whose
    plan no longer waits for it. A limit that binds again opens a new row. What a person
    has written (owner, next step, date) is not overwritten.
    """

    class State(models.TextChoices):
        """Whether the limit binds the plan in force."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    limit = models.CharField(max_length=20)
    resource = models.CharField(max_length=80)
    label = models.CharField(max_length=160)
    owner = models.CharField(max_length=80)
    next_step = models.CharField(max_length=300)
    due = models.DateField(help_text="By when the next step has to be done.")
    is_edited = models.BooleanField(
        default=False, help_text="Whether a person has written owner, step or date."
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    racks = models.PositiveIntegerField(help_text="Racks that wait for it.")
    late_racks = models.PositiveIntegerField(help_text="Of those, racks that are late.")
    held_min = models.PositiveBigIntegerField(help_text="Rack-minutes it holds.")
    opened_by = models.ForeignKey(Publication, models.PROTECT, related_name="+")
    seen_by = models.ForeignKey(
        Publication,
        models.PROTECT,
        related_name="+",
        help_text="The last publication in which it bound.",
    )
    closed_by = models.ForeignKey(
        Publication, models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True)

    objects = RiskQuerySet.as_manager()

    class Meta:
        """One open row a site and limit; a closed one says when and by what."""

        constraints = [
            models.UniqueConstraint(
                fields=["site", "limit", "resource"],
                condition=Q(state="open"),
                name="risk_one_open_a_limit",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True, closed_by=None)
                | Q(state="closed", closed_at__isnull=False, closed_by__isnull=False),
                name="risk_closed_iff_closed_at",
            ),
            models.CheckConstraint(
                condition=~Q(owner="") & ~Q(next_step=""),
                name="risk_has_owner_and_next_step",
            ),
            models.CheckConstraint(
                condition=Q(late_racks__lte=models.F("racks")),
                name="risk_late_within_racks",
            ),
        ]
        indexes = [models.Index(fields=["site", "state"], name="risk_of_site")]

    def __str__(self) -> str:
        """Return the limit."""
        return f"{self.label} ({self.limit})"
