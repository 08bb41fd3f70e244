from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from users import sessions


class LastSeenMiddleware:
    """Keeps in a member's session when it was last used. Looks only at sessions that the page has read anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:
            sessions.note_seen(request.session)
        return response
