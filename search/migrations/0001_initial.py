from django.db import migrations, models

from photoapp.shards import AUTH, CONTENT
from search import terms
from search.engines import PEOPLE, POSTS, engine_of


def make_posts(apps, schema_editor):
    engine_of(schema_editor.connection).create(schema_editor.connection, POSTS)
    terms.create(schema_editor.connection)


def make_people(apps, schema_editor):
    engine_of(schema_editor.connection).create(schema_editor.connection, PEOPLE)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("media", "0003_tags_that_wait"), ("users", "0003_muted_followers")]

    operations = [
        migrations.RunPython(make_posts, migrations.RunPython.noop, hints={"group": CONTENT}),
        migrations.RunPython(make_people, migrations.RunPython.noop, hints={"group": AUTH}),
    ]
