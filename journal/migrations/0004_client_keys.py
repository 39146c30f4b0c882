"""Give a client keys of their own rows, so that it can change from one to the next."""

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def move_out(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give each client's key a row."""
    client_key = apps.get_model("journal", "ClientKey")
    for client in apps.get_model("journal", "ApiClient").objects.all():
        client_key.objects.create(
            client=client,
            prefix=client.key_prefix,
            digest=client.key_hash,
            made_at=client.created_at,
            expires_at=client.expires_at,
            last_used_at=client.last_used_at,
        )


def move_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep each client's newest key in its own row."""
    for key in apps.get_model("journal", "ClientKey").objects.order_by("pk"):
        client = key.client
        client.key_prefix, client.key_hash = key.prefix, key.digest
        client.expires_at, client.last_used_at = key.expires_at, key.last_used_at
        client.save()


class Migration(migrations.Migration):
    """Create the table, move the keys, drop the columns."""

    dependencies = [("journal", "0003_reference")]

    operations = [
        migrations.CreateModel(
            name="ClientKey",
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
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("digest", models.CharField(max_length=64)),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="journal.apiclient",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at__isnull", True),
                            ("expires_at__gte", models.F("made_at")),
                            _connector="OR",
                        ),
                        name="client_key_ends_after_it_begins",
                    )
                ],
            },
        ),
        # Nullable for the way back, when the columns return before their values do.
        migrations.AlterField(
            "apiclient",
            "key_prefix",
            models.CharField(max_length=12, null=True, unique=True),
        ),
        migrations.AlterField(
            "apiclient", "key_hash", models.CharField(max_length=64, null=True)
        ),
        migrations.RunPython(move_out, move_back),
        migrations.RemoveField("apiclient", "key_prefix"),
        migrations.RemoveField("apiclient", "key_hash"),
        migrations.RemoveField("apiclient", "expires_at"),
        migrations.RemoveField("apiclient", "last_used_at"),
        migrations.AddField(
            "apiclient",
            "acknowledges_promises",
            models.BooleanField(
                default=False,
                help_text="Whether promise dates it has not stored are an alarm.",
            ),
        ),
        migrations.AddField(
            "apiclient",
            "requests_per_min",
            models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            "apiclient",
            models.CheckConstraint(
                condition=models.Q(
                    ("requests_per_min__isnull", True),
                    models.Q(
                        ("requests_per_min__gte", 1),
                        ("requests_per_min__lte", 1_000_000),
                    ),
                    _connector="OR",
                ),
                name="api_client_rate_range",
            ),
        ),
    ]
