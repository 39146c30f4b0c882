"""People who cover for each other, calendars, and substitutes for a part."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from journal.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("factory", "0002_append_only"),
        ("suppliers", "0003_trust"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
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
                    "token_hash",
                    models.CharField(editable=False, max_length=64, unique=True),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delegation",
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
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
            ],
            options={
                "ordering": ["starts_on", "pk"],
            },
        ),
        migrations.AddField(
            model_name="commitrevision",
            name="substitute",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="factory.part",
            ),
        ),
        migrations.AddField(
            model_name="lineneed",
            name="by_rack",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="supplieruser",
            name="language",
            field=models.CharField(blank=True, default="", max_length=10),
        ),
        migrations.AlterField(
            model_name="commitrevision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("commit", "Commit"),
                    ("recommit", "Recommit"),
                    ("pull_in", "Pull-in"),
                    ("push_out", "Push-out"),
                    ("split", "Split"),
                    ("quantity_change", "Quantity change"),
                    ("substitute", "Substitute"),
                    ("decommit", "Decommit"),
                    ("reject", "Reject"),
                    ("cannot_say", "Cannot say yet"),
                    ("undo", "Taken back"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="commitrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("substitute__isnull", True), ("quantity__gte", 1), _connector="OR"
                ),
                name="commit_revision_substitute_needs_promise",
            ),
        ),
        migrations.AddConstraint(
            model_name="commitrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "substitute"), _negated=True),
                    ("substitute__isnull", False),
                    _connector="OR",
                ),
                name="commit_revision_substitute_has_part",
            ),
        ),
        migrations.AddField(
            model_name="calendarfeed",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calendar_feed",
                to="suppliers.supplieruser",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="delegate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="covers",
                to="suppliers.supplieruser",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="delegations",
                to="suppliers.supplieruser",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarfeed",
            constraint=models.CheckConstraint(
                condition=models.Q(("token_hash", ""), _negated=True),
                name="calendar_feed_hash_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__lte", models.F("ends_on"))),
                name="delegation_days_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("delegate")), _negated=True),
                name="delegation_to_somebody_else",
            ),
        ),
        # SQLite has made the table anew for its constraints, without the triggers.
        AppendOnly("commitrevision"),
    ]
