"""How many items of a long bulk write have been looked at."""

from django.db import migrations, models


def count_done(apps, schema_editor):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - historical models
    """What is done has been looked at."""
    rows = apps.get_model("journal", "BulkOperation").objects
    rows.update(items_checked=models.F("items_done"))


class Migration(migrations.Migration):
    dependencies = [("journal", "0006_long_bulk_writes")]

    operations = [
        migrations.AddField(
            model_name="bulkoperation",
            name="items_checked",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(count_done, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="bulkoperation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("items_checked__gte", models.F("items_done")),
                    ("items_checked__lte", models.F("items_total")),
                ),
                name="bulk_operation_checked_before_done",
            ),
        ),
    ]
