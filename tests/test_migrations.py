"""Migrations run while the version before still serves: none locks a table for long, or takes away what it uses.

If this refuses one: add a column with `db_default`, or nullable; build indexes with `AddIndexConcurrently` in a
migration of their own that is not atomic; drop a column or table one version after the code has ceased to use it.
"""

import pytest
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import analyse_sql_statements, get_sql_analyser_class

OURS = ("photoapp", "users", "media", "feeds", "search")
# Written before the first version was used by anybody.
BEFORE_THE_FIRST_VERSION = ("0002_audience_saves_replies", "0002_preferences_reports")


@pytest.mark.django_db
@pytest.mark.real("postgres")
@pytest.mark.parametrize("alias", ["default", "friends0", "content0"])
def test_no_migration_is_unsafe(alias: str, capsys: pytest.CaptureFixture[str]) -> None:
    linter = MigrationLinter(
        include_apps=OURS, ignore_name=BEFORE_THE_FIRST_VERSION, database=alias, all_warnings_as_errors=True
    )
    linter.lint_all_migrations()
    assert not linter.has_errors, capsys.readouterr().out
    assert linter.nb_valid > 5


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ('ALTER TABLE "media_post" ADD COLUMN "place" text NULL', False),
        ('ALTER TABLE "media_post" ADD COLUMN "place" text DEFAULT \'\' NOT NULL', False),
        ('ALTER TABLE "media_post" ADD COLUMN "place" text NOT NULL', True),
        ('ALTER TABLE "media_post" DROP COLUMN "caption"', True),
        ('ALTER TABLE "media_post" RENAME COLUMN "caption" TO "words"', True),
        ('ALTER TABLE "media_post" ALTER COLUMN "caption" TYPE varchar(9)', True),
        ('DROP TABLE "media_post"', True),
        ('CREATE INDEX "i" ON "media_post" ("caption")', True),
        ('CREATE INDEX CONCURRENTLY "i" ON "media_post" ("caption")', False),
        ('DROP INDEX "i"', True),
    ],
)
def test_what_is_refused(statement: str, is_refused: bool) -> None:
    analyser = get_sql_analyser_class("django.db.backends.postgresql")
    errors, _, warnings = analyse_sql_statements(analyser, [statement], [])
    assert bool(errors or warnings) is is_refused
