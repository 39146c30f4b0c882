"""Promises name the one they follow and the change that made them; previews."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add what a granted change leaves behind, and the look before it."""

    dependencies = [
        ("factory", "0007_order_rules"),
        ("scheduling", "0013_study_conflicts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChangePreview",
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
                ("wish", models.JSONField()),
                ("actor", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("answered", "Answered"),
                            ("failed", "Failed"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("answered_at", models.DateTimeField(null=True)),
                ("order_version", models.PositiveIntegerField(default=0)),
                ("racks", models.PositiveIntegerField(default=0)),
                ("unaffected_racks", models.PositiveIntegerField(default=0)),
                ("ships_on", models.DateField(null=True)),
                ("bound_on", models.DateField(null=True)),
                ("firm", models.JSONField(default=dict)),
                ("eased", models.JSONField(default=dict)),
                ("sentence", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="customerpromise",
            name="change",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.orderchange",
            ),
        ),
        migrations.AddField(
            model_name="customerpromise",
            name="predecessor",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successor",
                to="scheduling.customerpromise",
            ),
        ),
        migrations.AlterField(
            model_name="customerpromise",
            name="kind",
            field=models.CharField(
                choices=[
                    ("promise", "Promise"),
                    ("pull_in", "Pull-in"),
                    ("push_out", "Push-out"),
                    ("confirmed", "Confirmed"),
                    ("quantity", "Quantity"),
                    ("on_hold", "On hold"),
                    ("withdrawn", "Withdrawn"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="changepreview",
            name="change",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.orderchange",
            ),
        ),
        migrations.AddField(
            model_name="changepreview",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.order",
            ),
        ),
        migrations.AddField(
            model_name="changepreview",
            name="publication",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.publication",
            ),
        ),
        migrations.AddConstraint(
            model_name="changepreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("state", "requested")),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("state__in", ["answered", "failed"]),
                    ),
                    _connector="OR",
                ),
                name="change_preview_ended_iff_answered_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="changepreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("sentence", ""), _negated=True),
                    _connector="OR",
                ),
                name="change_preview_failed_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="changepreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ships_on__isnull", True),
                    ("bound_on__isnull", True),
                    ("bound_on__lte", models.F("ships_on")),
                    _connector="OR",
                ),
                name="change_preview_date_not_before_bound",
            ),
        ),
        migrations.AddConstraint(
            model_name="changepreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempt__lte", 3)),
                name="change_preview_three_attempts",
            ),
        ),
    ]
