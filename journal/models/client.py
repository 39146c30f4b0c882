"""API clients: who may call, and which two of three capabilities they hold."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiClient(models.Model):
    """A machine that calls the API with a key.

    The key is shown once; ``key_hash`` is its SHA-256 in hex and ``key_prefix`` what
    people see. At most two of the three capabilities are ever true.
    """

    name = models.CharField(max_length=120, unique=True)
    system = models.SlugField(
        max_length=40, help_text="Name of the ERP in external identifiers."
    )
    key_prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)
    sensitive_data = models.BooleanField(default=False)
    code_execution = models.BooleanField(default=False)
    external_communication = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        """The third capability is refused by the database."""

        constraints = [
            models.CheckConstraint(
                condition=Q(sensitive_data=False)
                | Q(code_execution=False)
                | Q(external_communication=False),
                name="api_client_two_of_three_capabilities",
            )
        ]

    def __str__(self) -> str:
        """Return the client's name."""
        return self.name
