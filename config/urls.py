from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.app_sets import active_sets, urls_of
from config.cache_policies import state_theirs
from photoapp import health, views

swagger_styles = csp_update({"style-src": ["'self'", "'unsafe-inline'"]})  # Swagger UI writes styles into its page

shared_patterns = [  # every process answers these
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("api/schema/", SpectacularAPIView.as_view(urlconf="config.all_urls"), name="schema"),
    path("api/docs/", swagger_styles(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="api-docs"),
]
urlpatterns = [*shared_patterns, *(pattern for app_set in active_sets() for pattern in urls_of(app_set))]
state_theirs(urlpatterns)

handler400 = "photoapp.views.bad_request"
handler403 = "photoapp.views.permission_denied"
handler404 = "photoapp.views.page_not_found"
handler500 = "photoapp.views.server_error"
