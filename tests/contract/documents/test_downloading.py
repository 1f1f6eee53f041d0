"""GET /datasets/{id}/documents/{id}, row by row of the contract (B.2)."""

import pytest
from django.core.files.storage import default_storage

from tests.contract.answers import failure

pytestmark = pytest.mark.django_db


def test_a_download_is_the_stored_bytes_as_an_inert_attachment(upload, api, url):
    content = bytes(range(256)) * 1000
    document = upload("Bericht für #1 — 文件.txt", content)

    answer = api.get(f"{url}/{document.pk}")

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Bericht%20f%C3%BCr%20%231%20%E2%80%94%20%E6%96%87%E4%BB%B6.txt"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_an_empty_file_is_not_downloaded(upload, api, url):
    document = upload("empty.txt", "")

    answer = api.get(f"{url}/{document.pk}")

    assert (answer.status_code, answer.json()) == (400, failure(102, "This file is empty."))


def test_missing_bytes_are_told_with_the_cure(upload, api, url):
    document = upload()
    default_storage.delete(document.blob.key)

    answer = api.get(f"{url}/{document.pk}")

    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "message"}
    assert "upload the file again" in answer.json()["message"]
