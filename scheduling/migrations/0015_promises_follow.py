"""Promises from before revisions named each other are put in their order."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from journal.append_only import remove

NO_REASON = "The plan had another place."


def follow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let each revision name the one before, and give reasons where none was kept."""
    model = apps.get_model("scheduling", "CustomerPromise")
    # The next migration puts the triggers back.
    remove(schema_editor, model)
    last: dict[int, int] = {}
    rows = model.objects.order_by("order", "number")
    for pk, order, number, reason in rows.values_list(
        "pk", "order", "number", "reason"
    ):
        if number > 1:
            model.objects.filter(pk=pk).update(
                predecessor=last[order], reason=reason or NO_REASON
            )
        last[order] = pk


class Migration(migrations.Migration):
    """Put promises in their order."""

    dependencies = [("scheduling", "0014_change_previews")]

    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
