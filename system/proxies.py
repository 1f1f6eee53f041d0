"""Whom a reverse proxy calls for."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from system.addresses import Address, Network, plain


class ForwardedFor:
    """Middleware that makes REMOTE_ADDR the address of the caller, where the peer is one of RAG_TRUSTED_PROXIES.

    Each proxy appends its own peer to X-Forwarded-For. So the list is read from its end, past the trusted proxies; what
    stands before the first address that is none of them was written by anybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the name of who sent it."""
        trusted = _networks(tuple(settings.RAG_TRUSTED_PROXIES))
        caller = _address(request.META.get("REMOTE_ADDR", ""))
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        while hops and caller and any(caller in network for network in trusted):
            if (before := _address(hops.pop())) is None:
                break
            caller = before
            request.META["REMOTE_ADDR"] = str(caller)
        return self.get_response(request)


@lru_cache(maxsize=4)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(map(ip_network, proxies))


def _address(text: str) -> Address | None:
    try:
        return plain(text.strip())
    except ValueError:
        return None
