from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config.app_sets import active_sets, urls_of
from photoapp import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    *[pattern for app_set in active_sets() for pattern in urls_of(app_set)],
]

handler400 = "photoapp.views.bad_request"
handler403 = "photoapp.views.permission_denied"
handler404 = "photoapp.views.page_not_found"
handler500 = "photoapp.views.server_error"
