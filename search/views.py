from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from photoapp.pagination import Page
from users.selectors import people_by_prefix, suggested_people, with_relations

LONGEST_QUERY = 100


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """People, for visitors too; before anything is asked, some whom the viewer may like to follow. Whom the viewer was
    blocked by does not appear."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    people = with_relations(Page(people_by_prefix(query)), request.user).items
    suggested = [] if query else with_relations(Page(suggested_people(request.user)), request.user).items
    return render(request, "search/search.html", {"query": query, "people": people, "suggested": suggested})
