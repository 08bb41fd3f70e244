from typing import Any

URLS: dict[str, list[Any]] = {}
