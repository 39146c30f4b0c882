"""What other systems call our objects, where the object has no columns for it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Reference(models.Model):
    """The id one ERP has for one object; ``revision`` is the last it stated.

    ``object_type`` is a model's name in lower case, as the journal's events have it.
    """

    system = models.SlugField(max_length=40)
    object_type = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    object_id = models.PositiveBigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One object an id, one id an object, in each system."""

        constraints = [
            models.UniqueConstraint(
                fields=["system", "object_type", "external_id"],
                name="reference_external_id_unique",
            ),
            models.UniqueConstraint(
                fields=["system", "object_type", "object_id"],
                name="reference_object_unique",
            ),
            models.CheckConstraint(
                condition=~Q(system="") & ~Q(object_type="") & ~Q(external_id=""),
                name="reference_names_given",
            ),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="reference_names")
        ]

    def __str__(self) -> str:
        """Return system and id."""
        return f"{self.system}:{self.external_id}"
