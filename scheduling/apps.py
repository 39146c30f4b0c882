"""The scheduling app, as Django's registry knows it."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Name the app and its kind of keys."""

    name = "scheduling"
    default_auto_field = "django.db.models.BigAutoField"
