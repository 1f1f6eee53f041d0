"""Every route of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from system.api.metrics import Metrics
from system.rest.fallbacks import unknown_route

handler400 = "system.rest.fallbacks.bad_request"
handler403 = "system.rest.fallbacks.forbidden"
handler404 = "system.rest.fallbacks.not_found"
handler500 = "system.rest.fallbacks.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("metrics", Metrics.as_view()),
    path("api/", include("system.api.urls")),
    path("api/v1/", include("knowledgebases.api.urls")),
    path("api/v1/", include("documents.api.urls")),
    path("v1/", include("system.web.urls")),
    path("v1/", include("documents.web.urls")),  # first: `kb/<id>` of the next would take `kb/basic_info` for its own
    path("v1/", include("knowledgebases.web.urls")),
    re_path(r"^(?:api|v1)(?:/.*)?$", unknown_route),
]
