from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from photoapp.http_cache import Subject, cached_view
from photoapp.pagination import Page
from users.selectors import PEOPLE, people_by_prefix, suggested_people, with_relations

LONGEST_QUERY = 100


def _of_query(request: HttpRequest) -> Subject:
    return Subject(_query(request), [PEOPLE])


def _query(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").split())[:LONGEST_QUERY]


@require_safe
@cached_view("search", _of_query, named_by=["q", "type"], renewed_by="a member who leaves")
def search(request: HttpRequest) -> HttpResponse:
    """People, for visitors too; before anything is asked, some whom the viewer may like to follow. Whom the viewer was
    blocked by does not appear."""
    query = _query(request)
    people = with_relations(Page(people_by_prefix(query)), request.user).items
    suggested = [] if query else with_relations(Page(suggested_people(request.user)), request.user).items
    return render(request, "search/search.html", {"query": query, "people": people, "suggested": suggested})
