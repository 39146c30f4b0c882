"""The journal app, as Django's registry knows it."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Name the app and its kind of keys."""

    name = "journal"
    default_auto_field = "django.db.models.BigAutoField"
