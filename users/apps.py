from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import receivers  # noqa: F401  (registers the outbox handlers)
