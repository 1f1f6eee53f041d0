import zipfile

import pytest

from documents.filetypes import Format
from documents.parsers import reader_for
from documents.parsers.base import Parsed
from system.errors import DocumentFault, FaultCode

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def compound(*streams, sector=600):
    """A compound file whose directory of streams lies in a sector far behind its head."""
    header = bytearray(512)
    header[:8] = OLE
    header[30:32] = (9).to_bytes(2, "little")
    header[48:52] = sector.to_bytes(4, "little")
    header[76:80] = (0).to_bytes(4, "little")
    header[80:512] = b"\xff" * 432
    entries = b"".join(stream.encode("utf-16-le").ljust(128, b"\0") for stream in streams)
    return bytes(header) + b"\xff" * 512 * sector + entries


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.json", "a.png", "a"])
def test_empty_file_is_an_empty_document(parse_bytes, name):
    assert parse_bytes(b"", name) == Parsed("", ())


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n", "a.txt", "is an image", id="image"),
        pytest.param(b"ID3\x04", "a.mp3", "is a sound", id="sound"),
        pytest.param(b"{\\rtf1 x}", "a.rtf", "save it as .docx", id="rtf"),
        pytest.param(b"\x1f\x8b\x08", "a.gz", "unpack it", id="archive"),
        pytest.param(b"\x7fELF" + bytes(200), "a.txt", "convert it", id="program"),
        pytest.param(compound("WordDocument"), "a.doc", "save it as .docx", id="old word"),
        pytest.param(compound("PowerPoint Document"), "a.ppt", "save it as .pptx", id="old powerpoint"),
    ],
)
def test_unsupported_file_says_what_it_is_and_what_to_do(parse_bytes, data, name, said):
    with pytest.raises(DocumentFault, match=said) as caught:
        parse_bytes(data, name)

    assert caught.value.fault == FaultCode.UNSUPPORTED
    assert caught.value.message.startswith(name)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(compound("EncryptionInfo", "EncryptedPackage"), FaultCode.ENCRYPTED, id="encrypted"),
        pytest.param(compound("Something"), FaultCode.CORRUPT, id="unknown"),
        pytest.param(OLE, FaultCode.CORRUPT, id="cut off"),
        pytest.param(OLE + b"\xff" * 1000, FaultCode.CORRUPT, id="garbage"),
    ],
)
def test_compound_file_is_told_by_its_directory(parse_bytes, data, fault):
    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data, "a.docx")

    assert caught.value.fault == fault


def test_container_is_told_by_its_members(parse_file, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("readme.txt", "x")

    with pytest.raises(DocumentFault, match="is an archive") as caught:
        parse_file(tmp_path / "a.docx")

    assert caught.value.fault == FaultCode.UNSUPPORTED


def test_every_readable_format_has_a_parser():
    readable = "text code markdown html json jsonl csv xlsx xls docx pptx eml pdf"

    assert all(callable(reader_for(Format(name))) for name in readable.split())


def test_nul_and_lone_surrogates_leave_title_and_text(parse_bytes):
    parsed = parse_bytes("<title>a&#xD800;b</title><p>c&#0;d&#xDFFF;e</p>", "a.html")

    assert "\ud800" not in parsed.title
    assert parsed.text.startswith("c")
