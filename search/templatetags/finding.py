from django import template

from photoapp.words import place_url, tag_url
from search.terms import Term

register = template.Library()


@register.filter
def page_of(term: Term, kind: str) -> str:
    """The address of a tag's (`kind` is "tags") or a place's page."""
    return tag_url(term.key) if kind == "tags" else place_url(term.key)
