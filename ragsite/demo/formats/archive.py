"""Zip containers (docx, pptx) whose bytes do not depend on the clock."""

import io
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

EDITION = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The date that samples carry; a new one would change every file."""


def settled(container: bytes) -> bytes:
    """`container` with its entries in the same order, all dated 1980-01-01, the earliest a zip can say."""
    target = io.BytesIO()
    with ZipFile(io.BytesIO(container)) as source, ZipFile(target, "w") as copy:
        for name in source.namelist():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            copy.writestr(entry, source.read(name))
    return target.getvalue()
