"""Paths as the reference reads them (contract A.4)."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PREFIXES = ("/api/", "/v1/")
_SLASHES = re.compile("/{2,}")


def is_api(path: str) -> bool:
    """Whether a path belongs to one of the APIs."""
    return f"{path}/".startswith(PREFIXES)


def normalised(path: str) -> str:
    """`path` with runs of slashes as one and without the trailing one, if it belongs to an API."""
    single = _SLASHES.sub("/", path)
    return single.rstrip("/") if is_api(single) else path


class CollapseSlashes:
    """Rewrites API paths before routing, where the reference redirects."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its normalised path."""
        path = normalised(request.path_info)
        if path != request.path_info:
            prefix = request.path.removesuffix(request.path_info)
            request.path_info, request.path = path, prefix + path
        return self.get_response(request)
