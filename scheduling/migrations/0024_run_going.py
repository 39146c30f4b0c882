"""A run that was asked to stop stands in no other's way."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Count the runs that go on, one a scenario."""

    dependencies = [
        ("scheduling", "0023_run_improves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="run", name="run_one_unfinished_a_scenario"
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("cancel_requested_at__isnull", True),
                    ("state__in", ["queued", "running"]),
                ),
                fields=("scenario",),
                name="run_one_going_a_scenario",
            ),
        ),
    ]
