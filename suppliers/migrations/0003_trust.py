"""Keep what the buyer changed, what suppliers contest, and the answers to it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from journal.append_only import AppendOnly


class Migration(migrations.Migration):
    """Create three tables that are only appended to."""

    dependencies = [
        ("suppliers", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestChange",
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
                ("number", models.PositiveIntegerField()),
                ("quantity_before", models.PositiveIntegerField()),
                ("quantity_after", models.PositiveIntegerField()),
                ("need_by_before", models.DateField()),
                ("need_by_after", models.DateField()),
                ("is_cancelled", models.BooleanField(default=False)),
                ("actor", models.CharField(max_length=120)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request_changes",
                        to="suppliers.purchaseorderline",
                    ),
                ),
            ],
            options={
                "ordering": ["line", "number"],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
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
                    "measure",
                    models.CharField(
                        choices=[
                            ("original", "On time and in full, first promise"),
                            ("current", "On time and in full, newest promise"),
                            ("stability", "Commit stability"),
                            ("response", "Response time"),
                            ("quality", "Quality"),
                            ("warning", "Early warning"),
                            ("absorption", "Change absorption"),
                        ],
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(max_length=300)),
                ("actor", models.CharField(max_length=120)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="suppliers.purchaseorderline",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="suppliers.requestchange",
                    ),
                ),
            ],
            options={
                "ordering": ["made_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DisputeAnswer",
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
                ("is_upheld", models.BooleanField()),
                ("note", models.CharField(max_length=300)),
                ("actor", models.CharField(max_length=120)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dispute",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="suppliers.dispute",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("note", ""), _negated=True),
                        name="dispute_answer_note_given",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor", ""), _negated=True),
                        name="dispute_answer_actor_given",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="requestchange",
            constraint=models.UniqueConstraint(
                fields=("line", "number"), name="request_change_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)),
                name="request_change_number_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_after__gte", 1), ("quantity_before__gte", 1)
                ),
                name="request_change_quantities_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_cancelled", True),
                    models.Q(
                        ("quantity_before", models.F("quantity_after")), _negated=True
                    ),
                    models.Q(
                        ("need_by_before", models.F("need_by_after")), _negated=True
                    ),
                    _connector="OR",
                ),
                name="request_change_differs",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor", ""), _negated=True),
                name="request_change_actor_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("change__isnull", True)),
                fields=("line", "measure"),
                name="dispute_once_a_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("change__isnull", False)),
                fields=("change",),
                name="dispute_once_a_change",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("change__isnull", False), ("measure", "absorption")),
                    models.Q(
                        models.Q(("measure", "absorption"), _negated=True),
                        ("change__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="dispute_change_iff_absorption",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("note", ""), _negated=True),
                name="dispute_note_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor", ""), _negated=True),
                name="dispute_actor_given",
            ),
        ),
        AppendOnly("requestchange"),
        AppendOnly("dispute"),
        AppendOnly("disputeanswer"),
    ]
