from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "feeds"

    def ready(self) -> None:
        from feeds import receivers  # noqa: F401  (registers the outbox handlers)
