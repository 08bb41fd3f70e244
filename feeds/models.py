from django.db import models


class PulledAuthor(models.Model):
    """An author with so many followers that posts are merged into feeds when they are read, not pushed."""

    author_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.author_id)
