from allauth.account.apps import AccountConfig
from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Installed for its management commands, which may import every app."""

    name = "config"
    default = True


class AccountsConfig(AccountConfig):
    """allauth's, which insists on its middleware in every process; here it is where members log in
    (config/middleware.py)."""

    default = False

    def ready(self) -> None:
        from allauth.account import checks  # noqa: F401  (registers them)
