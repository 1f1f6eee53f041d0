import pytest

from system.errors import DocumentFault, FaultCode


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Grüße aus Köln\n"),
        ("utf-16", "Grüße aus Köln\n"),
        ("utf-16-le", "Greetings from Cologne\n"),
        ("utf-32", "Grüße\n"),
        ("cp1252", "Das Café über die Straße kostet 5 €.\n"),
        ("cp1252", "naïve résumé\n"),
        ("gb18030", "这是一个关于数据库的测试文件，里面有很多的文字。\n"),
        ("big5", "這是一個測試文件，裡面有很多的文字。\n"),
        ("shift_jis", "これは日本語のテキストです。検索に使います。\n"),
        ("euc_kr", "이것은 한국어 문서입니다. 검색을 위해 사용합니다.\n"),
        ("cp1251", "Это русский текст для проверки кодировки файла.\n"),
    ],
)
def test_text_is_decoded_verbatim(parse_bytes, encoding, text):
    assert parse_bytes(text.encode(encoding), "a.txt").text == text


def test_newlines_stay_as_they_are(parse_bytes):
    text = "one\r\ntwo\r\n\r\nthree\rfour\n"

    assert parse_bytes(text, "a.txt").text == text


def test_nul_is_taken_out(parse_bytes):
    assert parse_bytes("one\0two".encode("utf-16"), "a.txt").text == "onetwo"


def test_paragraphs_are_blocks(parse_bytes, shape):
    parsed = parse_bytes("one\ntwo\n\n \n  three\r\n\r\nfour\f five", "a.txt")

    assert shape(parsed) == [("text", 0, text) for text in ("one\ntwo", "  three", "four", " five")]


PROSE = "The pump of the harbour is opened twice a year, by two people, and cleaned with water and sand."


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n", " \n \n"])
def test_a_first_line_that_much_follows_is_the_title(parse_bytes, shape, between):
    parsed = parse_bytes(f"\n{'Pumps of the harbour'}{between}{PROSE}\n\nShort end.", "a.txt")

    assert shape(parsed) == [("heading", 1, "Pumps of the harbour"), ("text", 0, PROSE), ("text", 0, "Short end.")]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join([PROSE[:60], PROSE[:70], PROSE]),
        f"{PROSE}\n\nA short paragraph.",
        PROSE,
        f"{'long ' * 60}\n{PROSE * 8}",
    ],
    ids=["wrapped lines", "a paragraph", "one line", "too long"],
)
def test_an_ordinary_first_line_is_none(parse_bytes, text):
    assert {block.kind for block in parse_bytes(text, "a.txt").blocks} == {"text"}


def test_source_code_has_no_title(parse_bytes):
    assert {block.kind for block in parse_bytes(f"# pumps\n# {PROSE}\n", "a.py").blocks} == {"code"}


def test_crlf_alone_parts_no_paragraphs(parse_bytes):
    assert len(parse_bytes(b"one\r\ntwo\r\nthree", "a.txt").blocks) == 1


def test_source_code_is_code(parse_bytes, shape):
    parsed = parse_bytes("import os\n\n\n    def f():\n        pass\n", "a.py")

    assert shape(parsed) == [("code", 0, "import os"), ("code", 0, "    def f():\n        pass")]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"], ids=["empty", "blank", "only a mark"])
def test_file_without_text_is_a_document_without_blocks(parse_bytes, data):
    assert parse_bytes(data, "a.txt").blocks == ()


def test_utf8_with_a_few_bad_bytes_is_kept_with_a_warning(parse_bytes):
    parsed = parse_bytes("Zürich ".encode() * 100 + b"\xff tail", "a.txt")

    assert parsed.text.count("Zürich") == 100
    assert parsed.warnings == ("1 characters could not be decoded as utf-8 and were replaced.",)


def test_utf8_cut_within_a_character_loses_only_that(parse_bytes):
    parsed = parse_bytes(("Zürich " * 10 + "ü").encode()[:-1], "a.txt")

    assert parsed.text == "Zürich " * 10
    assert parsed.warnings == ()


def test_binary_garbage_is_unsupported(parse_bytes):
    with pytest.raises(DocumentFault, match=r"a\.txt holds binary data") as caught:
        parse_bytes(bytes(range(256)) * 20, "a.txt")

    assert caught.value.fault == FaultCode.UNSUPPORTED
