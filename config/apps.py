from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Installed for its management commands, which may import every app."""

    name = "config"
