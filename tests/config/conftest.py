from collections.abc import Callable

import pytest
from django.core.files.storage import storages
from pytest_django.fixtures import Settings

from config.storage import storages_from


@pytest.fixture
def changed_storage(settings: Settings) -> Callable[[str], None]:
    """Points the storage at another URL; all who ask for it from then on get that one."""

    def change(url: str) -> None:
        settings.STORAGES = storages_from(url)
        assert storages["default"]

    return change
