"""A directory as the object store: whole files or none, and nothing left of a photo that is erased."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from photoapp.storage import PARTIAL, FileStore


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(location=tmp_path)


def test_a_file_keeps_its_name_and_is_replaced_whole(store: FileStore) -> None:
    assert store.save("photos/a/original", ContentFile(b"one")) == "photos/a/original"
    assert store.save("photos/a/original", ContentFile(b"two")) == "photos/a/original"
    assert store.open("photos/a/original").read() == b"two"


def test_a_write_that_fails_leaves_the_old_file(store: FileStore) -> None:
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):  # type: ignore[no-untyped-def]
            yield b"half"
            raise OSError("disk full")

    store.save("photos/a/original", ContentFile(b"one"))
    with pytest.raises(OSError, match="disk full"):
        store.save("photos/a/original", Broken(b""))
    assert store.open("photos/a/original").read() == b"one"


def test_erasing_takes_folder_and_beginnings_too(store: FileStore, tmp_path: Path) -> None:
    store.save("photos/a/original", ContentFile(b"one"))
    (tmp_path / "photos" / "a" / f"{PARTIAL}x").write_bytes(b"half")
    store.delete_many(["photos/a/original", "photos/a/320.webp", "photos/never/original"])
    assert list((tmp_path / "photos").iterdir()) == []


def test_other_files_of_a_folder_stay(store: FileStore) -> None:
    store.save("photos/a/original", ContentFile(b"one"))
    store.save("photos/a/320.webp", ContentFile(b"two"))
    store.delete_many(["photos/a/320.webp"])
    assert store.exists("photos/a/original")
