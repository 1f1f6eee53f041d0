"""How long requests take."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

SECONDS = Histogram(
    "ragsite_http_request_duration_seconds",
    "Seconds until the answer to a request begins.",
    ["surface", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
_SURFACES = {"/api/v1/": "rest", "/v1/": "web", "/admin/": "console"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}


class Measured:
    """Middleware that measures requests; the labels have few values, whatever is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and keep how long that took."""
        begun = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - begun
        method = request.method if request.method in _METHODS else "other"
        SECONDS.labels(_surface(request.path_info), method, f"{response.status_code // 100}xx").observe(seconds)
        return response


def _surface(path: str) -> str:
    return next((name for prefix, name in _SURFACES.items() if path.startswith(prefix)), "other")
