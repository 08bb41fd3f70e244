"""The admin's frame. People log in to it as they do to the site, second factor and rate limits included."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from photoapp.caches_admin import caches_page, may_see_caches
from photoapp.http_cache import never_stored

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

    def get_urls(self) -> list[Any]:
        caches = never_stored(self.admin_view(lambda request: caches_page(request, self)))
        return [path("caches/", caches, name="caches"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """With the pages that are no model's, in the index and in the list beside every page."""
        apps = super().get_app_list(request, app_label)
        if may_see_caches(request):
            for app in apps:
                if app["app_label"] == "photoapp":
                    url = reverse("admin:caches", current_app=self.name)
                    entry = {"name": "Caches", "object_name": "Caches", "admin_url": url, "add_url": None}
                    app["models"].insert(0, entry | {"view_only": True, "perms": {"view": True}})
        return apps
