"""What earlier months were billed for, so that the ratchet can look back."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import scheduling.models.grid


class Migration(migrations.Migration):
    """Add metered peaks."""

    dependencies = [
        ("factory", "0008_site_events"),
        ("scheduling", "0020_run_parts"),
    ]

    operations = [
        migrations.CreateModel(
            name="MeteredPeak",
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
                    "month",
                    models.DateField(
                        help_text="Its first day.",
                        validators=[scheduling.models.grid.begins_a_month],
                    ),
                ),
                (
                    "peak_w",
                    models.PositiveBigIntegerField(
                        validators=[
                            django.core.validators.MaxValueValidator(1000000000000)
                        ]
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.site",
                    ),
                ),
            ],
            options={
                "ordering": ["site", "-month"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "month"), name="metered_peak_month_unique"
                    )
                ],
            },
        ),
    ]
