"""On PostgreSQL, let no two racks of one plan hold one bay at the same time."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "scheduling_plannedrack"
NAME = "planned_rack_bay_not_twice"


def add(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the exclusion constraint; SQLite has none and relies on the referee."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    schema_editor.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} EXCLUDE USING gist "
        "(plan_id WITH =, bay_id WITH =, tstzrange(bay_from, bay_until) WITH &&) "
        "WHERE (bay_id IS NOT NULL)"
    )


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the constraint; the extension may serve others and stays."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}")


class Migration(migrations.Migration):
    """Add the vendor-guarded exclusion constraint."""

    dependencies = [("scheduling", "0002_append_only")]

    operations = [migrations.RunPython(add, drop)]
