"""Parts of a large run's plan, searched by workers who help the run's own."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from scheduling.models.run import Run


class RunPart(models.Model):
    """A part of a plan for another worker, while its run's round lasts.

    The run's worker makes the rows of a round and takes them away with the next; it is
    their arbiter. They belong to one claim of the run: when the run is taken over or
    ends, nobody begins or answers them any more. A helper that is lost is not replaced:
    the round goes on without its answer.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="parts")
    fencing_token = models.PositiveBigIntegerField(
        help_text="Of the claim of the run that it belongs to."
    )
    number = models.PositiveSmallIntegerField(help_text="Within the round, from 0.")
    question = models.BinaryField()
    seconds = models.FloatField(help_text="Of search.")
    seed = models.PositiveBigIntegerField()
    cooled = models.FloatField(help_text="Share of the run's search that was over.")
    offered_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_by = models.CharField(max_length=120, blank=True, default="")
    answer = models.BinaryField(null=True)

    class Meta:
        """Only who has taken a part answers it."""

        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="run_part_number_once_a_run"
            ),
            models.CheckConstraint(
                condition=Q(answer__isnull=True) | ~Q(taken_by=""),
                name="run_part_answered_by_who_took_it",
            ),
            models.CheckConstraint(
                condition=Q(cooled__gte=0, cooled__lte=1), name="run_part_cooled_range"
            ),
        ]

    def __str__(self) -> str:
        """Return run and number."""
        return f"part {self.number} of run {self.run_id}"
