"""Changes from before decisions were kept had all been granted."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def decide(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write a decision without facts for each change."""
    del schema_editor
    decisions = apps.get_model("factory", "ChangeDecision").objects
    for change in apps.get_model("factory", "OrderChange").objects.order_by("pk"):
        decisions.create(
            change=change,
            kind=change.kind,
            is_granted=True,
            author=change.author,
            actor="system",
            granted_date=change.granted_date,
            at=change.at,
        )


class Migration(migrations.Migration):
    """Decide what was decided."""

    dependencies = [("factory", "0005_order_changes")]

    operations = [migrations.RunPython(decide, migrations.RunPython.noop)]
