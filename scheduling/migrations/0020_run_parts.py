"""Parts of a large plan for workers that help."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0019_grid_follows_policy"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "fencing_token",
                    models.PositiveBigIntegerField(
                        help_text="Of the claim of the run that it belongs to."
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        help_text="Within the round, from 0."
                    ),
                ),
                ("question", models.BinaryField()),
                ("seconds", models.FloatField(help_text="Of search.")),
                ("seed", models.PositiveBigIntegerField()),
                (
                    "cooled",
                    models.FloatField(
                        help_text="Share of the run's search that was over."
                    ),
                ),
                (
                    "offered_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
                ("taken_by", models.CharField(blank=True, default="", max_length=120)),
                ("answer", models.BinaryField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="scheduling.run",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "number"), name="run_part_number_once_a_run"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer__isnull", True),
                            models.Q(("taken_by", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="run_part_answered_by_who_took_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cooled__gte", 0), ("cooled__lte", 1)),
                        name="run_part_cooled_range",
                    ),
                ],
            },
        ),
    ]
