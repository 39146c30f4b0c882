"""What the grid asks follows the policy of repairs like every other fact."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def carry_over(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Keep the choice of sites whose contract let no grid event start a repair."""
    policies = apps.get_model("scheduling", "RepairPolicy").objects
    contracts = apps.get_model("scheduling", "GridContract").objects
    for contract in contracts.filter(repairs_by_itself=False):
        policies.update_or_create(
            site_id=contract.site_id,
            defaults={"follows_grid": False},
            create_defaults={"follows_grid": False, "changed_by": "Grid contract"},
        )


def carry_back(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Tell contracts again which sites repair by hand."""
    policies = apps.get_model("scheduling", "RepairPolicy").objects
    contracts = apps.get_model("scheduling", "GridContract").objects
    quiet = policies.filter(follows_grid=False).values("site")
    contracts.filter(site__in=quiet).update(repairs_by_itself=False)


class Migration(migrations.Migration):
    """Move the choice from the contract to the policy."""

    dependencies = [("scheduling", "0018_bound_reason")]

    operations = [
        migrations.AddField(
            model_name="repairpolicy",
            name="follows_grid",
            field=models.BooleanField(
                default=True,
                help_text="Whether a grid event starts a repair though the rest is off.",
            ),
        ),
        migrations.AddField(
            model_name="autorepair",
            name="is_grid",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(carry_over, carry_back),
        migrations.RemoveField(model_name="gridcontract", name="repairs_by_itself"),
    ]
