"""The routes of both APIs as the URLconf has them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from system.rest.views import Edge

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@cache
def served() -> dict[tuple[str, str], str]:
    """Method and pattern (`v1/kb/<str:kb_id>`) of every way to call an API, with what answers it."""
    found = {}
    for pattern, view in _patterns(get_resolver().url_patterns, ""):
        actions = getattr(view, "actions", None) or {name: name for name in map(str.lower, METHODS)}
        for method, action in actions.items():
            if method.upper() in METHODS and hasattr(view.cls, action):
                found[method.upper(), pattern] = f"{view.cls.__module__}.{view.cls.__name__}.{action}"
    return found


def route_of(path: str) -> str:
    """The pattern that answers a path."""
    return str(resolve(path).route)


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "cls", object), Edge):
            yield path, pattern.callback
