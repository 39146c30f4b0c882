"""A run says why no plan costs less than its bound."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep the sentence beside the figure."""

    dependencies = [("scheduling", "0017_site_events")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="bound_reason",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Why no plan costs less, in a sentence: which limit, when.",
            ),
        ),
    ]
