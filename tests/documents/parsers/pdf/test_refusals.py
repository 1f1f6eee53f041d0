"""What is left out or refused, and what people are told of it."""

import pytest

from documents.parsers import pdf as subject
from system.errors import DocumentFault, FaultCode
from tests.documents.parsers.pdf.drawing import article, encrypted, numbered


def test_pages_without_text_are_reported(parse_file, draw):
    parsed = parse_file(draw(numbered(1), lambda canvas: canvas.rect(10, 10, 50, 50)))

    assert len(parsed.warnings) == 1
    assert parsed.warnings[0].startswith("Pages without text (empty or scanned) were left out: 2.")


def test_page_beyond_the_limit_of_characters_is_cut_and_reported(parse_file, draw, monkeypatch):
    monkeypatch.setattr("documents.parsers.pdf.fragments.MAX_CHARS", 30)

    parsed = parse_file(draw(article))

    assert parsed.text.startswith("The great title")
    assert parsed.warnings[-1].endswith("only so many were read: 1.")


def test_document_of_too_many_pages_is_too_large(parse_file, draw, monkeypatch):
    monkeypatch.setattr(subject, "MAX_PAGES", 2)

    with pytest.raises(DocumentFault) as caught:
        parse_file(draw(*[numbered(1)] * 3))

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_scan_says_that_text_recognition_is_missing(parse_file, draw):
    with pytest.raises(DocumentFault, match="Recognising text in images is not part of this version") as caught:
        parse_file(draw(lambda canvas: canvas.rect(10, 10, 50, 50)))

    assert caught.value.fault == FaultCode.UNSUPPORTED


@pytest.mark.parametrize("name", ["ocr_test", "ocr_test_rotated_90", "ocr_test_rotated_180"])
def test_real_scans_are_unsupported(parse_file, name):
    with pytest.raises(DocumentFault) as caught:
        parse_file(f"pdf/{name}.pdf")

    assert caught.value.fault == FaultCode.UNSUPPORTED


def test_document_under_an_owner_password_only_is_read(parse_file, draw):
    assert "great title" in parse_file(encrypted(draw(article), "")).text


def test_document_under_a_password_is_encrypted(parse_file, draw):
    with pytest.raises(DocumentFault, match="without one") as caught:
        parse_file(encrypted(draw(article), "secret"))

    assert caught.value.fault == FaultCode.ENCRYPTED


def test_real_document_under_a_password_is_encrypted(parse_file):
    with pytest.raises(DocumentFault) as caught:
        parse_file("pdf/libreoffice-writer-password.pdf")

    assert caught.value.fault == FaultCode.ENCRYPTED


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.7\ngarbage " * 100, b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>"],
    ids=["header", "garbage", "no pages"],
)
def test_damaged_document_is_corrupt(parse_bytes, data):
    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data, "a.pdf")

    assert caught.value.fault == FaultCode.CORRUPT
