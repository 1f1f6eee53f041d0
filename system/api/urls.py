"""The description of the API, and the pages to read and try it."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from system.rest import schema  # noqa: F401 -- drf-spectacular finds its extensions by import

# The browsable API looks for these names to offer login and logout, to people who may not open the console too.
_session = (
    [
        path("login", LoginView.as_view(template_name="rest_framework/login.html"), name="login"),
        path("logout", LogoutView.as_view(next_page="/api/docs"), name="logout"),
    ],
    "rest_framework",
)

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("", include(_session)),
]
