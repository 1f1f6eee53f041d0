"""Django system checks: a bad environment stops the start, with the cure."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register("ragsite")
def environment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Values of the RAGSITE_* environment that cannot work."""
    return [*_wrong_values(), *_wrong_edges(), *_wrong_engine()]


@register(Tags.security, deploy=True)
def deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What production refuses (`manage.py check --deploy`)."""
    if settings.DEBUG:
        return [
            Error("RAGSITE_DEBUG is on.", hint="Unset it: it shows code and settings to anyone.", id="ragsite.E010")
        ]
    return []


def _wrong_values() -> Iterator[Error]:
    if settings.RAG_HTTP_STATUS not in {"truthful", "reference"}:
        yield Error(
            f"RAGSITE_HTTP_STATUS is {settings.RAG_HTTP_STATUS!r}.",
            hint="Set it to `truthful` (the default) or `reference`.",
            id="ragsite.E001",
        )
    if not 1 <= settings.RAG_PORT <= 65535:
        yield Error(f"RAGSITE_PORT is {settings.RAG_PORT}.", hint="Set it to 1..65535.", id="ragsite.E002")
    if settings.RAG_WORKERS < 1:
        yield Error(f"RAGSITE_WORKERS is {settings.RAG_WORKERS}.", hint="Set it to 1 or more.", id="ragsite.E003")
    if settings.RAG_LEASE_SECONDS < 4 * settings.RAG_HEARTBEAT_SECONDS:
        yield Error(
            f"A lease of {settings.RAG_LEASE_SECONDS} s is too short for a heartbeat every "
            f"{settings.RAG_HEARTBEAT_SECONDS} s: healthy workers would lose their tasks.",
            hint="Set RAGSITE_LEASE_SECONDS to at least four times RAGSITE_HEARTBEAT_SECONDS.",
            id="ragsite.E004",
        )
    if settings.RAG_MODELS_DIR and not Path(settings.RAG_MODELS_DIR).is_dir():
        yield Error(
            f"RAGSITE_MODELS_DIR is {settings.RAG_MODELS_DIR!r}, which is no directory.",
            hint="Point it at a directory of model directories, or unset it.",
            id="ragsite.E005",
        )
    for key in settings.RAG_FIELD_KEYS:
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                "RAGSITE_FIELD_KEYS (or the file field_keys of the data directory) holds a key that is none.",
                hint="Each key is 32 bytes in url-safe base64, as made by `cryptography.fernet.Fernet.generate_key`.",
                id="ragsite.E006",
            )


def _no_origin(text: str) -> str:
    """Why `text` is no origin whose pages may be trusted with a token; empty where it is one."""
    if "*" in text or text == "null":
        return "tokens are not for the pages of just anybody"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "it does not start with http:// or https:// and a host"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    spelled = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    return "" if spelled == text else f"browsers would send {spelled}"


def _wrong_engine() -> Iterator[Error]:
    if settings.RAG_ENGINE not in {"pgvector", "elasticsearch"}:
        yield Error(
            f"RAGSITE_ENGINE is {settings.RAG_ENGINE!r}.",
            hint="Set it to `pgvector` or `elasticsearch`.",
            id="ragsite.E014",
        )
    url = settings.RAG_ELASTICSEARCH_URL
    if settings.RAG_ENGINE == "elasticsearch" and not url:
        yield Error(
            "RAGSITE_ENGINE is `elasticsearch`, and ELASTICSEARCH_URL is not set.",
            hint="Set it to the server's address, `https://user:password@host:9200`.",
            id="ragsite.E015",
        )
    if url and not re.fullmatch(r"https?://[^/?#]+:\d+(/[^?#]*)?", url):
        yield Error(
            "ELASTICSEARCH_URL is no address of a server with its port.",  # not shown: it may hold a password
            hint="Spell it `https://user:password@host:9200`.",
            id="ragsite.E016",
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", settings.RAG_ELASTICSEARCH_INDEX):
        yield Error(
            f"RAGSITE_ELASTICSEARCH_INDEX is {settings.RAG_ELASTICSEARCH_INDEX!r}.",
            hint="Use lower case letters, digits, `-` and `_`, 100 at most.",
            id="ragsite.E017",
        )
    if settings.RAG_ELASTICSEARCH_CA and not Path(settings.RAG_ELASTICSEARCH_CA).is_file():
        yield Error(
            f"RAGSITE_ELASTICSEARCH_CA is {settings.RAG_ELASTICSEARCH_CA!r}, which is no file.",
            hint="Point it at a file of certificates in PEM form, or unset it.",
            id="ragsite.E018",
        )
    if not 1 <= settings.RAG_ELASTICSEARCH_SHARDS <= 1024:
        yield Error(
            f"RAGSITE_ELASTICSEARCH_SHARDS is {settings.RAG_ELASTICSEARCH_SHARDS}.",
            hint="Set it to 1..1024.",
            id="ragsite.E019",
        )


def _wrong_edges() -> Iterator[Error]:
    if settings.RAG_REQUEST_BYTES < settings.RAG_UPLOAD_BYTES:
        yield Error(
            f"RAGSITE_REQUEST_BYTES is {settings.RAG_REQUEST_BYTES}: no file of RAGSITE_UPLOAD_BYTES fits in.",
            hint="Set it to RAGSITE_UPLOAD_BYTES and more.",
            id="ragsite.E007",
        )
    for origin in settings.RAG_CORS_ORIGINS:
        if wrong := _no_origin(origin):
            yield Error(
                f"RAGSITE_CORS_ORIGINS holds {origin!r}: {wrong}.",
                hint="Name each origin as browsers send it: `https://app.example.org,http://localhost:3000`.",
                id="ragsite.E009",
            )
    for proxy in settings.RAG_TRUSTED_PROXIES:
        try:
            ip_network(proxy)
        except ValueError as error:
            yield Error(
                f"RAGSITE_TRUSTED_PROXIES holds {proxy!r}: {error}.",
                hint="Name addresses or networks: `127.0.0.1,10.20.0.0/16`.",
                id="ragsite.E008",
            )
