import pytest

from documents.filetypes import Format, Kind, accepts, kind_of, sniff, suffix_of, suggested_method

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.PDF", "pdf"), ("a.tar.gz", "gz"), ("README", ""), (".bashrc", ""), ("a.", ""), ("ä.Docx", "docx")],
)
def test_suffix_is_what_follows_the_last_dot(name, suffix):
    assert suffix_of(name) == suffix


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", Kind.PDF),
        ("a.EML", Kind.DOC),
        ("a.kt", Kind.DOC),
        ("a.mp3", Kind.AURAL),
        ("a.mkv", Kind.VISUAL),
        ("a.webp", Kind.VISUAL),
        ("a.exe", Kind.OTHER),
        ("a", Kind.OTHER),
        ("a.epub", Kind.OTHER),
    ],
)
def test_kind_follows_the_suffix(name, kind):
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("a.png", "picture"),
        ("a.wav", "audio"),
        ("a.pptx", "presentation"),
        ("a.pages", "presentation"),
        ("a.msg", "email"),
        ("a.eml", "email"),
        ("a.pdf", "laws"),
        ("a.txt", "laws"),
    ],
)
def test_method_is_the_datasets_unless_the_kind_has_its_own(name, method):
    assert suggested_method(name, "laws") == method


@pytest.mark.parametrize(
    ("parser_id", "suffix", "accepted"),
    [
        ("naive", "PDF", True),
        ("naive", "pptx", True),
        ("naive", "png", False),
        ("naive", "ini", False),
        ("knowledge_graph", "txt", True),
        ("paper", "docx", False),
        ("table", "csv", True),
        ("table", "pdf", False),
        ("laws", "mdx", True),
        ("picture", "tif", True),
        ("audio", "opus", True),
        ("email", "eml", True),
        ("nonsense", "txt", False),
    ],
)
def test_methods_accept_the_suffixes_of_the_contract(parser_id, suffix, accepted):
    assert accepts(parser_id, suffix) is accepted


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        pytest.param(b"%PDF-1.7\n", "a.txt", Format.PDF, id="pdf named txt"),
        pytest.param(b"junk\n%PDF-1.4\n", "a.pdf", Format.PDF, id="pdf after junk"),
        pytest.param(b"about %PDF- files", "a.txt", Format.TEXT, id="text about pdf"),
        pytest.param(b"plain", "a.pdf", Format.TEXT, id="text named pdf"),
        pytest.param(b"<html><body>", "a.doc", Format.HTML, id="html named doc"),
        pytest.param(b"<table><tr>", "a.xls", Format.HTML, id="html named xls"),
        pytest.param(b"a\tb\n1\t2\n", "a.xls", Format.CSV, id="text named xls"),
        pytest.param(b"<html>", "a.txt", Format.TEXT, id="html source named txt"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "a.txt", Format.IMAGE, id="image named txt"),
        pytest.param(bytes(range(256)) * 8, "a.txt", Format.UNSUPPORTED, id="garbage named txt"),
        pytest.param(b"\xff\xfeh\0i\0", "a.txt", Format.TEXT, id="utf-16 with mark"),
        pytest.param("Hello there".encode("utf-16-le"), "a.txt", Format.TEXT, id="utf-16 without mark"),
        pytest.param("größer".encode("cp1252"), "a.md", Format.MARKDOWN, id="cp1252"),
        pytest.param(b"def f(): pass", "a.py", Format.CODE, id="code"),
        pytest.param(b"{}", "a.ldjson", Format.JSONL, id="json lines"),
        pytest.param(b"{\\rtf1", "a.doc", Format.RTF, id="rtf named doc"),
        pytest.param(b"\x1f\x8b\x08\0", "a.csv", Format.ARCHIVE, id="gzip named csv"),
        pytest.param(OLE + "WordDocument\0".encode("utf-16-le"), "a.docx", Format.DOC, id="old word named docx"),
        pytest.param(OLE + "EncryptedPackage\0".encode("utf-16-le"), "a.docx", Format.ENCRYPTED, id="encrypted"),
        pytest.param(OLE, "a.doc", Format.OLE, id="compound file of unknown content"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", "a.txt", Format.IMAGE, id="webp"),
    ],
)
def test_bytes_beat_the_suffix(head, name, found):
    assert sniff(head, name) is found
