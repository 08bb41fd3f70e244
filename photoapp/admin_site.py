"""The admin's frame. People log in to it as they do to the site, second factor and rate limits included."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

# Paths, not names of URLs: in a process of the `admin` app set alone the accounts' pages have no names.
LOGIN_PATH = "/login/"
PASSWORD_PATH = "/password/change/"


class PhotoappAdminSite(AdminSite):
    site_header = site_title = "photoapp administration"
    index_title = "Administration"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_permission(request):
            return super().login(request, extra_context)
        if request.user.is_authenticated:
            raise PermissionDenied("The administration is for staff.")
        wanted = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return HttpResponseRedirect(f"{LOGIN_PATH}?{urlencode({'next': wanted})}")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(PASSWORD_PATH)
