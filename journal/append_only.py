"""Tables whose rows are never changed or erased, held by the database itself.

A migration lists ``AppendOnly("model")`` after it has created the table. ``may_set``
names columns that may go from NULL to a value once, such as an event's sequence.
"""

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


def install(
    schema_editor: BaseDatabaseSchemaEditor,
    model: type[models.Model],
    may_set: tuple[str, ...] = (),
) -> None:
    """Create the triggers that refuse UPDATE and DELETE on a model's table."""
    table = model._meta.db_table  # noqa: SLF001 - Django's documented door to names
    fields = model._meta.local_concrete_fields  # noqa: SLF001
    columns = [field.column for field in fields if field.column]
    if schema_editor.connection.vendor == "postgresql":
        _install_postgresql(schema_editor, table, columns, may_set)
    else:
        _install_sqlite(schema_editor, table, columns, may_set)


def remove(schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]) -> None:
    """Drop the triggers again, for a reversed migration or a test's flush."""
    table = model._meta.db_table  # noqa: SLF001
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f'DROP TRIGGER IF EXISTS {table}_append_only ON "{table}"'
        )
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")


def _unchanged(columns: list[str], may_set: tuple[str, ...], distinct: str) -> str:
    """Return the SQL condition under which an update is allowed."""
    if not may_set:
        return "1 = 0"
    kept = [
        f'NOT (OLD."{column}" {distinct} NEW."{column}")'
        for column in columns
        if column not in may_set
    ]
    once = [
        f'(OLD."{column}" IS NULL OR NOT (OLD."{column}" {distinct} NEW."{column}"))'
        for column in may_set
    ]
    return " AND ".join(kept + once)


def _install_postgresql(
    schema_editor: BaseDatabaseSchemaEditor,
    table: str,
    columns: list[str],
    may_set: tuple[str, ...],
) -> None:
    """Create one PL/pgSQL function and one row trigger."""
    allowed = _unchanged(columns, may_set, "IS DISTINCT FROM").replace("1 = 0", "FALSE")
    schema_editor.execute(
        f"""
        CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger AS $$
        BEGIN
          IF TG_OP = 'UPDATE' THEN
            IF {allowed} THEN RETURN NEW; END IF;
          END IF;
          RAISE EXCEPTION '{table} is append-only'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = '{table}_append_only';
        END;
        $$ LANGUAGE plpgsql
        """
    )
    schema_editor.execute(
        f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )


def _install_sqlite(
    schema_editor: BaseDatabaseSchemaEditor,
    table: str,
    columns: list[str],
    may_set: tuple[str, ...],
) -> None:
    """Create one trigger for updates and one for deletions."""
    allowed = _unchanged(columns, may_set, "IS NOT")
    schema_editor.execute(
        f'CREATE TRIGGER {table}_no_update BEFORE UPDATE ON "{table}" '
        f"WHEN NOT ({allowed}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
    schema_editor.execute(
        f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


class AppendOnly(Operation):
    """A migration step that makes one model's table append-only."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, may_set: tuple[str, ...] = ()) -> None:
        """Keep the model's name and the columns that may be set once."""
        self.model_name = model_name
        self.may_set = may_set

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Tell the migration writer how to repeat this operation."""
        return (self.__class__.__name__, [self.model_name], {"may_set": self.may_set})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in the models' state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Install the triggers; again where SQLite made the table anew without them."""
        model = _model(to_state.apps, app_label, self)
        remove(schema_editor, model)
        install(schema_editor, model, self.may_set)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the triggers."""
        remove(schema_editor, _model(from_state.apps, app_label, self))

    def describe(self) -> str:
        """Say in one line what the migration does here."""
        return f"Make {self.model_name} append-only"


def _model(apps: Apps, app_label: str, operation: AppendOnly) -> type[models.Model]:
    """Return the historical model an operation is about."""
    return apps.get_model(app_label, operation.model_name)
