"""Lots called back, lanes between sites, and the way an order takes on one."""

import django.db.models.deletion
from django.db import migrations, models

from factory.guards import Guards


class Migration(migrations.Migration):
    """Add recalls, lanes and transit."""

    dependencies = [
        ("factory", "0007_order_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="transit_min",
            field=models.PositiveIntegerField(
                default=0,
                help_text="From the site that builds it to where it was ordered.",
            ),
        ),
        migrations.CreateModel(
            name="LotRecall",
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
                ("lot", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=160)),
                ("holds_racks", models.BooleanField(default=True)),
                ("author", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("ended_by", models.CharField(blank=True, default="", max_length=120)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factory.part",
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
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("part", "lot"),
                        name="lot_recall_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lot", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("author", ""), _negated=True),
                        ),
                        name="lot_recall_says_what_why_who",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by", "")),
                            models.Q(
                                ("ended_at__gte", models.F("at")),
                                models.Q(("ended_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="lot_recall_ended_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteLane",
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
                ("owner", models.CharField(blank=True, default="", max_length=80)),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lanes",
                        to="factory.site",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("origin", "target"), name="site_lane_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("origin", models.F("target")), _negated=True
                        ),
                        name="site_lane_leads_elsewhere",
                    ),
                ],
            },
        ),
        # SQLite has made the orders' table anew.
        Guards(),
    ]
