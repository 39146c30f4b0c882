"""What follows facts by itself, and orders that another site could build."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add policies, automatic repairs and moves between sites."""

    dependencies = [
        ("factory", "0008_site_events"),
        ("scheduling", "0016_promise_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoRepair",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("gathering", "Gathering"),
                            ("running", "Running"),
                            ("waiting", "Waits for a planner"),
                            ("published", "Published"),
                            ("dropped", "Dropped"),
                        ],
                        default="gathering",
                        max_length=10,
                    ),
                ),
                ("events", models.PositiveIntegerField(default=0)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("cause", models.CharField(max_length=300)),
                ("last_event", models.BigIntegerField()),
                ("why", models.CharField(blank=True, default="", max_length=300)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "publication",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.publication",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.run",
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
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "gathering")),
                        fields=("site",),
                        name="auto_repair_one_gathers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("events__gte", 1)),
                        name="auto_repair_has_events",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_at__gte", models.F("first_at"))),
                        name="auto_repair_time_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True),
                                ("state__in", ["gathering", "running"]),
                            ),
                            models.Q(
                                ("state__in", ["waiting", "published", "dropped"]),
                                ("ended_at__isnull", False),
                                models.Q(("why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="auto_repair_over_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("run__isnull", False),
                            _connector="OR",
                        ),
                        name="auto_repair_running_has_run",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            ("publication__isnull", False),
                            _connector="OR",
                        ),
                        name="auto_repair_published_has_publication",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RepairPolicy",
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
                    "mode",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("propose", "Repair, and wait for a planner"),
                            ("publish", "Repair, and publish inside the bounds"),
                        ],
                        default="off",
                        max_length=10,
                    ),
                ),
                ("quiet_s", models.PositiveSmallIntegerField(default=5)),
                ("wait_s", models.PositiveSmallIntegerField(default=60)),
                ("most_moved_racks", models.PositiveSmallIntegerField(default=5)),
                (
                    "most_late_cents",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="Lateness that a plan may add and publish itself.",
                    ),
                ),
                ("changed_by", models.CharField(max_length=120)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.site",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["off", "propose", "publish"])),
                        name="repair_policy_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wait_s__gte", models.F("quiet_s"))),
                        name="repair_policy_storm_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wait_s__lte", 3600)),
                        name="repair_policy_wait_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("changed_by", ""), _negated=True),
                        name="repair_policy_has_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteMove",
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
                ("transit_min", models.PositiveIntegerField()),
                ("home_on", models.DateField(null=True)),
                ("why", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("moved", "Moved"),
                            ("left", "Left where it is"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                (
                    "decided_by",
                    models.CharField(blank=True, default="", max_length=120),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.order",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.site",
                    ),
                ),
                (
                    "quote",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.quote",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("origin", models.F("target")), _negated=True
                        ),
                        name="site_move_leads_elsewhere",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("order", "target"),
                        name="site_move_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by", ""),
                                ("state", "open"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state__in", ["moved", "left"]),
                                models.Q(("decided_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="site_move_decided_by_somebody",
                    ),
                ],
            },
        ),
    ]
