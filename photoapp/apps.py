from django.apps import AppConfig
from django.urls import register_converter

from photoapp.ids import IdConverter


class PhotoappConfig(AppConfig):
    name = "photoapp"

    def ready(self) -> None:
        from photoapp import checks  # noqa: F401  (registers the system checks)

        register_converter(IdConverter, "id")
