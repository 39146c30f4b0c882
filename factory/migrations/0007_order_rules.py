"""Let the database refuse changes that the state table refuses."""

import django.db.models.expressions
from django.db import migrations, models

from factory.guards import Guards
from journal.append_only import AppendOnly


class Migration(migrations.Migration):
    """Move granted dates to decisions; add rules, triggers and guards."""

    dependencies = [("factory", "0006_decisions_of_old_changes")]

    operations = [
        migrations.RemoveField(
            model_name="orderchange",
            name="granted_date",
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["increase", "decrease", "emergency_add"]),
                        _negated=True,
                    ),
                    models.Q(("quantity__gte", 1), ("quantity__isnull", False)),
                    _connector="OR",
                ),
                name="order_change_of_size_has_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["pull_in", "push_out", "emergency_add"]),
                        _negated=True,
                    ),
                    ("requested_date__isnull", False),
                    _connector="OR",
                ),
                name="order_change_of_date_has_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("customer__isnull", False),
                        ("kind", "customer_switch"),
                        ("quantity__gte", 1),
                        ("quantity__isnull", False),
                    ),
                    models.Q(
                        models.Q(("kind", "customer_switch"), _negated=True),
                        ("customer__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="order_change_switch_has_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "model_change"), ("rack_model__isnull", False)),
                    models.Q(
                        models.Q(("kind", "model_change"), _negated=True),
                        ("rack_model__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="order_change_of_model_has_model",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("author", ""), _negated=True),
                    models.Q(("actor", ""), _negated=True),
                ),
                name="change_decision_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", True),
                    models.Q(
                        models.Q(("reason", ""), _negated=True),
                        ("granted_date__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="change_refused_has_reason_and_no_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    ("state_before__in", ["", "open", "paused"]),
                    models.Q(("kind", "restart"), ("state_before", "cancelled")),
                    _connector="OR",
                ),
                name="change_of_living_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind", "increase"), _negated=True),
                    ("quantity_after__gt", models.F("quantity_before")),
                    _connector="OR",
                ),
                name="change_increase_rises",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind", "decrease"), _negated=True),
                    models.Q(
                        ("quantity_after__gte", models.F("racks_begun")),
                        ("quantity_after__lt", models.F("quantity_before")),
                    ),
                    _connector="OR",
                ),
                name="change_decrease_keeps_begun",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind__in", ["cancel", "model_change"]), _negated=True),
                    ("racks_begun__lte", 0),
                    _connector="OR",
                ),
                name="change_of_all_before_begun",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind", "customer_switch"), _negated=True),
                    models.Q(
                        ("racks_handed__gte", 1),
                        (
                            "quantity_before__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("racks_handed"), "+", models.F("racks_tested")
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="change_switch_before_test",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind", "pause"), _negated=True),
                    models.Q(("state_after", "paused"), ("state_before", "open")),
                    _connector="OR",
                ),
                name="change_pause_of_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_granted", False),
                    models.Q(("kind", "restart"), _negated=True),
                    models.Q(
                        ("state_after", "open"),
                        ("state_before__in", ["paused", "cancelled"]),
                    ),
                    _connector="OR",
                ),
                name="change_restart_of_stopped",
            ),
        ),
        AppendOnly("orderchange"),
        AppendOnly("changedecision"),
        Guards(),
    ]
