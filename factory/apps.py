"""The factory app, as Django's registry knows it."""

from django.apps import AppConfig


class FactoryConfig(AppConfig):
    """Name the app and its kind of keys."""

    name = "factory"
    default_auto_field = "django.db.models.BigAutoField"
