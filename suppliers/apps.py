"""The suppliers app, as Django's registry knows it."""

from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    """Name the app and its kind of keys."""

    name = "suppliers"
    default_auto_field = "django.db.models.BigAutoField"
