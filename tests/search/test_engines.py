"""Both engines do the same; each in a database of its own kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.utils import ConnectionHandler

from search import terms
from search.engines import POSTS, Asked, Document, engine_of
from search.engines.base import Engine
from search.terms import PLACE, TAG


@pytest.fixture(params=["the site's", "sqlite"])
def connection(request: pytest.FixtureRequest, tmp_path: Path, db: None) -> Iterator[Any]:
    if request.param == "the site's":
        yield connections["content0"]
        return
    settings = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "search.sqlite3")}}
    made = ConnectionHandler(settings)["default"]
    engine_of(made).create(made, POSTS)
    terms.create(made)
    yield made
    made.close()


@pytest.fixture
def engine(connection: Any) -> Engine:
    return engine_of(connection)


def found(engine: Engine, connection: Any, *every: str, limit: int = 10, **asked: Any) -> list[int]:
    return [id for id, _ in engine.query(connection, POSTS, Asked(every, **asked), limit)]


def test_documents_with_everything_that_is_asked_the_newest_first(engine: Engine, connection: Any) -> None:
    engine.index(
        connection,
        POSTS,
        [
            Document(1, ["wsea", "wsun"], tags=["Sea"], place="Oslo"),
            Document(2, ["wsea"]),
            Document(3, ["wsea", "wsun", "ssun"]),
        ],
    )
    assert found(engine, connection, "wsea") == [3, 2, 1]
    assert found(engine, connection, "wsea", "wsun") == [3, 1]
    assert found(engine, connection, "wsea", limit=2) == [3, 2]
    assert found(engine, connection, "wsea", before=3) == [2, 1]
    assert found(engine, connection, "wsun", but=["ssun"]) == [1]
    assert found(engine, connection, "sea") == []
    assert found(engine, connection, some=[["wsu*", "wnone"]]) == [3, 1]
    assert found(engine, connection, some=[["wsun"], ["ssun", "wsky"]]) == [3]


def test_public_documents_and_others_are_never_found_together(engine: Engine, connection: Any) -> None:
    engine.index(connection, POSTS, [Document(1, ["wsea"]), Document(2, ["wsea"], public=False)])
    assert found(engine, connection, "wsea") == [1]
    assert found(engine, connection, "wsea", public=False) == [2]


def test_a_document_replaces_the_earlier_one_and_can_be_removed(engine: Engine, connection: Any) -> None:
    engine.index(connection, POSTS, [Document(1, ["wsea"])])
    engine.index(connection, POSTS, [Document(1, ["wsun"], public=False)])
    assert found(engine, connection, "wsea") == found(engine, connection, "wsun") == []
    assert found(engine, connection, "wsun", public=False) == [1]
    engine.remove(connection, POSTS, [1, 2])
    assert found(engine, connection, "wsun", public=False) == []


@pytest.mark.parametrize(
    "word", ["o'clock", 'say"', "back\\slash", "a:b", "*", "(", "!", "NOT", "🌊", "北京", "क्षि", "a&b", "x<->y"]
)
def test_no_word_is_an_operator(engine: Engine, connection: Any, word: str) -> None:
    engine.index(connection, POSTS, [Document(1, [f"w{word}"]), Document(2, ["wother"])])
    assert found(engine, connection, f"w{word}" if not word.endswith("*") else "w*") in ([1], [2, 1])
    assert found(engine, connection, "wother", but=[f"w{word}x"]) == [2]


def test_what_an_index_says_of_documents(engine: Engine, connection: Any) -> None:
    engine.index(
        connection,
        POSTS,
        [
            Document(1, ["a7", "wsea"], owner_id=7, tags=["Sea"], place="Oslo"),
            Document(2, ["a7", "wsun"], owner_id=7),
            Document(3, ["a7", "wsecret"], owner_id=7, public=False),
            Document(4, ["a8", "wsky"], owner_id=8),
        ],
    )
    assert engine.lexemes_of(connection, owner_id=7) == {"a7", "wsea", "wsun"}
    assert engine.lexemes_of(connection, ids=[1, 4]) == {"a7", "wsea", "a8", "wsky"}
    assert engine.stored(connection, [1, 3, 9]).keys() == {1, 3}
    assert (engine.stored(connection, [1])[1].tags, engine.stored(connection, [3])[3].public) == (["Sea"], False)
    assert [document.id for document in engine.recent(connection, 2, 10)] == [4, 2]
    assert engine.ids(connection, POSTS, 1, 2) == [2, 3]


def test_terms_are_counted_by_the_difference(connection: Any) -> None:
    sea = Document(1, (), tags=["Sea", "Sun"], place="Oslo")
    edited = Document(1, (), tags=["sea"], place="")
    hidden = Document(1, (), tags=["sea"], public=False)
    terms.count_difference(connection, [], [sea, Document(2, (), tags=["sea"])])
    assert [(term.key, term.posts) for term in terms.beginning_with(connection, TAG, "s", 9)] == [
        ("sea", 2),
        ("sun", 1),
    ]
    assert [(term.key, term.label) for term in terms.beginning_with(connection, PLACE, "o", 9)] == [("oslo", "Oslo")]
    terms.count_difference(connection, [sea], [edited])
    assert [term.key for term in terms.beginning_with(connection, TAG, "s", 9)] == ["sea"]
    assert terms.beginning_with(connection, PLACE, "o", 9) == []
    terms.count_difference(connection, [edited], [hidden])
    assert [term.posts for term in terms.beginning_with(connection, TAG, "sea", 9)] == [1]


def test_a_recount_says_what_the_differences_said(engine: Engine, connection: Any) -> None:
    documents = [Document(n, [f"w{n}"], tags=["Sea", f"n{n}"], place="Oslo", public=n != 3) for n in range(1, 5)]
    engine.index(connection, POSTS, documents)
    terms.count_difference(connection, [], documents)
    counted = terms.beginning_with(connection, TAG, "", 9)
    assert len(counted) == 4
    connection.set_autocommit(False)  # as in a transaction of Django's, of which this connection may be none
    terms.recount(connection)
    connection.commit()
    connection.set_autocommit(True)
    assert terms.beginning_with(connection, TAG, "", 9) == counted
