"""Every change of a promise has an author, a reason and a predecessor."""

from django.db import migrations, models

from journal.append_only import AppendOnly


class Migration(migrations.Migration):
    """Hold promises to their rules."""

    dependencies = [("scheduling", "0015_promises_follow")]

    operations = [
        migrations.RemoveConstraint(
            model_name="customerpromise",
            name="customer_promise_push_out_has_reason",
        ),
        migrations.AddConstraint(
            model_name="customerpromise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number", 1),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="customer_promise_change_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerpromise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number", 1), ("predecessor__isnull", True)),
                    models.Q(("number__gt", 1), ("predecessor__isnull", False)),
                    _connector="OR",
                ),
                name="customer_promise_follows_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerpromise",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor", ""), _negated=True),
                name="customer_promise_has_actor",
            ),
        ),
        AppendOnly("customerpromise"),
    ]
