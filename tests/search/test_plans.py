"""How PostgreSQL looks for what is asked, among many rows."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from search.engines import PEOPLE, Asked, engine_of

ROWS = 30_000

pytestmark = pytest.mark.real("postgres")


@pytest.fixture
def connection(db: None) -> Iterator[Any]:
    """People of whom each has a name that nobody else has, and a third another one that all of these have."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {PEOPLE} (id, owner_id, public, lexemes, tags, place, shown)"
            " SELECT n, n, true, array_to_tsvector(ARRAY['n' || md5(n::text)] || CASE WHEN mod(n, 3) = 0"
            " THEN ARRAY['nmaria'] ELSE ARRAY[]::text[] END), '{}', '', '' FROM generate_series(1, %s) n",
            [ROWS],
        )
        cursor.execute(f"ANALYZE {PEOPLE}")
    yield connection


def plan_of(connection: Any, asked: Asked) -> str:
    said: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        engine_of(connection).query(connection, PEOPLE, asked, 200)
    ((sql, params),) = said
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def goes_through_rows(plan: str) -> bool:
    return bool(re.search(rf"Scan.* on {PEOPLE}(?!_lexemes)", plan)) and "Bitmap Index Scan" not in plan


@pytest.mark.parametrize(
    "asked",
    [
        Asked(["nd3d9446802a44259755d38e6d163e820"]),
        Asked(["nnobody"]),
        Asked(some=[["nd3d9*"]]),
        Asked(some=[["nd3d9*", "dd3d", "d3d9"]]),
        Asked(["nmaria", "nnobody"]),
    ],
    ids=str,
)
def test_what_few_have_is_found_by_the_index(connection: Any, asked: Asked) -> None:
    plan = plan_of(connection, asked)
    assert "Bitmap Index Scan" in plan and not goes_through_rows(plan), plan


@pytest.mark.parametrize("asked", [Asked(["nmaria"]), Asked(some=[["nm*"]])], ids=str)
def test_what_many_have_is_found_among_the_newest(connection: Any, asked: Asked) -> None:
    assert goes_through_rows(plan_of(connection, asked))
