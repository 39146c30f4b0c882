"""Let the database refuse to change or erase what was said."""

from django.db import migrations

from journal.append_only import AppendOnly


class Migration(migrations.Migration):
    """Install append-only triggers."""

    dependencies = [("journal", "0001_initial")]

    operations = [
        AppendOnly("event", may_set=("seq",)),
    ]
