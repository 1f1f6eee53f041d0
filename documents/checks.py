"""System checks of where files are kept: settings that are half made stop the start, with the cure."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

OBJECT_BYTES = 5 << 30  # what one request to a bucket may store (Amazon S3 User Guide, "Uploading objects")


@register("ragsite")
def bucket(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Values of RAGSITE_S3_* that cannot work together; no message shows a key."""
    if settings.RAG_S3_BUCKET:
        return [*_wrong_bucket()]
    given = [name for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY") if getattr(settings, f"RAG_S3_{name}")]
    if not given:
        return []
    return [
        Error(
            f"RAGSITE_S3_{given[0]} is set, but no RAGSITE_S3_BUCKET: files would be kept on the disk.",
            hint="Name the bucket in RAGSITE_S3_BUCKET, or unset the others.",
            id="ragsite.E020",
        )
    ]


def _wrong_bucket() -> Iterator[Error]:
    if bool(settings.RAG_S3_ACCESS_KEY) != bool(settings.RAG_S3_SECRET_KEY):
        there, missing = ("ACCESS", "SECRET") if settings.RAG_S3_ACCESS_KEY else ("SECRET", "ACCESS")
        yield Error(
            f"RAGSITE_S3_{there}_KEY is set, but no RAGSITE_S3_{missing}_KEY.",
            hint="Set both, or neither where the machine has a role that may use the bucket.",
            id="ragsite.E021",
        )
    if settings.RAG_S3_ENDPOINT and not _is_endpoint(settings.RAG_S3_ENDPOINT):
        yield Error(
            f"RAGSITE_S3_ENDPOINT is {settings.RAG_S3_ENDPOINT!r}.",
            hint="Set it to scheme, host and port alone, such as `http://127.0.0.1:8333`; unset it for Amazon S3.",
            id="ragsite.E022",
        )
    if find_spec("boto3") is None:
        yield Error(
            "RAGSITE_S3_BUCKET is set, but the library that speaks to buckets is not installed.",
            hint="Install it: `.venv/bin/pip install --no-deps --require-hashes -r requirements-s3.txt`.",
            id="ragsite.E023",
        )
    if settings.RAG_UPLOAD_BYTES > OBJECT_BYTES:
        yield Error(
            f"RAGSITE_UPLOAD_BYTES is {settings.RAG_UPLOAD_BYTES}: a bucket takes objects of up to {OBJECT_BYTES}.",
            hint=f"Set it to {OBJECT_BYTES} or less, or keep the files on the disk.",
            id="ragsite.E024",
        )


def _is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.path in {"", "/"}
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain
