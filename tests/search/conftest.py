from collections.abc import Iterator

import pytest

from search import scatter


@pytest.fixture(autouse=True)
def without_lanes() -> Iterator[None]:
    """Threads of one test, and what they hold for away, are not the next one's."""
    yield
    scatter.forget()
