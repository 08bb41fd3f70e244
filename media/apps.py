from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "media"

    def ready(self) -> None:
        from media import receivers  # noqa: F401  (registers the outbox handlers)
