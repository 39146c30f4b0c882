"""Changes of orders say what they ask for, and a row says what became of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add what a change names, and decisions."""

    dependencies = [("factory", "0004_returned_units")]

    operations = [
        migrations.CreateModel(
            name="ChangeDecision",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("increase", "Increase"),
                            ("decrease", "Decrease"),
                            ("cancel", "Cancel"),
                            ("pull_in", "Pull in"),
                            ("push_out", "Push out"),
                            ("customer_switch", "Customer switch"),
                            ("emergency_add", "Emergency add-on"),
                            ("pause", "Pause"),
                            ("restart", "Restart"),
                            ("model_change", "Model change"),
                            ("service_change", "Service class change"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_granted", models.BooleanField()),
                ("author", models.CharField(max_length=120)),
                ("actor", models.CharField(max_length=120)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("granted_date", models.DateField(blank=True, null=True)),
                (
                    "state_before",
                    models.CharField(blank=True, default="", max_length=10),
                ),
                (
                    "state_after",
                    models.CharField(blank=True, default="", max_length=10),
                ),
                ("quantity_before", models.PositiveSmallIntegerField(null=True)),
                ("quantity_after", models.PositiveSmallIntegerField(null=True)),
                ("racks_begun", models.PositiveSmallIntegerField(null=True)),
                ("racks_tested", models.PositiveSmallIntegerField(null=True)),
                ("racks_handed", models.PositiveSmallIntegerField(default=0)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="orderchange",
            options={"ordering": ["order", "at", "pk"]},
        ),
        migrations.AddField(
            model_name="orderchange",
            name="actor",
            field=models.CharField(default="system", max_length=120),
        ),
        migrations.AddField(
            model_name="orderchange",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.customer",
            ),
        ),
        migrations.AddField(
            model_name="orderchange",
            name="rack_model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.rackmodel",
            ),
        ),
        migrations.AlterField(
            model_name="orderchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("increase", "Increase"),
                    ("decrease", "Decrease"),
                    ("cancel", "Cancel"),
                    ("pull_in", "Pull in"),
                    ("push_out", "Push out"),
                    ("customer_switch", "Customer switch"),
                    ("emergency_add", "Emergency add-on"),
                    ("pause", "Pause"),
                    ("restart", "Restart"),
                    ("model_change", "Model change"),
                    ("service_change", "Service class change"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="changedecision",
            name="change",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decision",
                to="factory.orderchange",
            ),
        ),
    ]
