"""The connection to Elasticsearch, and what its errors mean in our words."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError

from system.errors import Misconfigured, Suspended, Unavailable

SEARCH_SECONDS = 5.0  # that somebody who asks waits for an answer
WRITE_SECONDS = 60.0
REST_SECONDS = 5.0  # after Elasticsearch did not answer, searches of this process do not ask it again

_resting: dict[int, tuple[float, str]] = {}  # process -> until when, and why


def client() -> Elasticsearch:
    """The client of this process, with the patience of people who ask."""
    if not settings.RAG_ELASTICSEARCH_URL:
        raise Misconfigured("ELASTICSEARCH_URL is not set.")
    return _client(
        os.getpid(),
        settings.RAG_ELASTICSEARCH_URL,
        settings.RAG_ELASTICSEARCH_API_KEY,
        settings.RAG_ELASTICSEARCH_CA,
    )


def patient() -> Elasticsearch:
    """`client`, for whoever writes or compares: nobody waits for that."""
    return client().options(request_timeout=WRITE_SECONDS)


@lru_cache(maxsize=2)
def _client(process: int, url: str, api_key: str, authority: str) -> Elasticsearch:
    """Connections must not be shared with a process that was forked."""
    options: dict[str, Any] = {"request_timeout": SEARCH_SECONDS, "max_retries": 0}
    if api_key:
        options["api_key"] = api_key
    if authority:
        options["ca_certs"] = authority
    return Elasticsearch(url, **options)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise what Elasticsearch or the way to it says as Unavailable, fit to show."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise Unavailable(reason(error)) from error


@contextmanager
def patiently() -> Iterator[None]:
    """`in_our_words`, for searches: after a failure of the connection the next ones do not wait for the same."""
    until, why = _resting.get(os.getpid(), (0.0, ""))
    if time.monotonic() < until:
        raise Suspended(why)
    try:
        with in_our_words():
            yield
    except Unavailable as error:
        if isinstance(error.__cause__, TransportError):
            _resting[os.getpid()] = (time.monotonic() + REST_SECONDS, error.message)
        raise


def wake_up() -> None:
    """Ask it again at once, whatever happened before."""
    _resting.clear()


def reason(error: ApiError | TransportError) -> str:
    """One sentence on what went wrong, without addresses or credentials."""
    if isinstance(error, TransportError):
        return f"Elasticsearch does not answer ({type(error).__name__})."
    if isinstance(error, NotFoundError):
        return f"Elasticsearch has no such index: {told(error.body)}"
    why = told(error.body) if error.body else "it does not say why."
    return f"Elasticsearch refuses with status {error.status_code}: {why}"


def told(body: Any) -> str:
    """What an error of Elasticsearch says of itself, innermost cause first."""
    found = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(found, dict):
        return str(found)[:300]
    root = found.get("root_cause") or [found]
    cause = found.get("caused_by") or root[0]
    return f"{cause.get('type', 'error')}: {cause.get('reason', '')}"[:500]
