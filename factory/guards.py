"""What no row may become, held by the database itself where a check cannot see it.

A check sees one row; these rules need the row as it was, or rows of other tables. Each
is a trigger under its own name, which the refusal carries. SQLite makes a table anew
when a migration changes it and loses its triggers: such a migration ends with
``Guards()``.
"""

from dataclasses import dataclass

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

TESTED = """EXISTS (
  SELECT 1 FROM factory_steprecord record
  JOIN factory_routingstep step ON step.id = record.step_id
  JOIN factory_unit rack ON rack.id = record.rack_id
  WHERE {whose} AND record.outcome = 'passed'
    AND step.power_class = 'preemptive_deratable')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One rule.

    Attributes:
        name: Of the trigger and of the refusal.
        table: Whose rows it guards.
        column: The column whose change is looked at.
        refused: SQL of OLD and NEW: when the change is refused.
    """

    name: str
    table: str
    column: str
    refused: str


GUARDS = (
    Guard(
        name="order_state_moves",
        table="factory_order",
        column="state",
        refused="""OLD.state <> NEW.state AND NOT (
          (OLD.state = 'open' AND NEW.state IN ('paused', 'shipped', 'cancelled'))
          OR (OLD.state = 'paused' AND NEW.state IN ('open', 'cancelled'))
          OR (OLD.state IN ('cancelled', 'shipped') AND NEW.state = 'open'))""",
    ),
    Guard(
        name="order_quantity_covers_shipped",
        table="factory_order",
        column="quantity",
        refused="""NEW.quantity < OLD.quantity AND NEW.quantity < (
          SELECT COUNT(*) FROM factory_unit rack
          WHERE rack.order_id = NEW.id AND rack.state = 'shipped')""",
    ),
    Guard(
        name="order_switch_before_test",
        table="factory_order",
        column="customer_id",
        refused="OLD.customer_id <> NEW.customer_id AND "
        + TESTED.format(whose="rack.order_id = NEW.id"),
    ),
    Guard(
        name="rack_switch_before_test",
        table="factory_unit",
        column="order_id",
        refused="OLD.order_id <> NEW.order_id AND "
        + TESTED.format(whose="rack.id = NEW.id"),
    ),
    Guard(
        name="rack_state_moves",
        table="factory_unit",
        column="state",
        refused="""OLD.kind = 'rack' AND OLD.state <> NEW.state AND (
          (OLD.state = 'shipped' AND NEW.state <> 'in_work')
          OR (NEW.state = 'cancelled' AND OLD.state <> 'planned'))""",
    ),
)


def install(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create every guard, again where one is there."""
    remove(schema_editor)
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for guard in GUARDS:
        head = f"BEFORE UPDATE OF {guard.column} ON {guard.table}"
        if not is_postgresql:
            schema_editor.execute(
                f"CREATE TRIGGER {guard.name} {head} WHEN {guard.refused} "
                f"BEGIN SELECT RAISE(ABORT, '{guard.name}'); END"
            )
            continue
        schema_editor.execute(
            f"""
            CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger AS $$
            BEGIN
              IF {guard.refused} THEN
                RAISE EXCEPTION '{guard.name}'
                  USING ERRCODE = 'check_violation', CONSTRAINT = '{guard.name}';
              END IF;
              RETURN NEW;
            END;
            $$ LANGUAGE plpgsql
            """
        )
        schema_editor.execute(
            f"CREATE TRIGGER {guard.name} {head} FOR EACH ROW "
            f"EXECUTE FUNCTION {guard.name}()"
        )


def remove(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop every guard."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for guard in GUARDS:
        on = f" ON {guard.table}" if is_postgresql else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {guard.name}{on}")
        if is_postgresql:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {guard.name}()")


class Guards(Operation):
    """A migration step that installs the guards as they stand."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in the models' state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Install them."""
        install(schema_editor)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop them."""
        remove(schema_editor)

    def describe(self) -> str:
        """Say in one line what the migration does here."""
        return "Guard orders and racks"
