from email.message import EmailMessage

import pytest

from system.errors import DocumentFault, FaultCode


def message(**headers):
    mail = EmailMessage()
    for key, value in {"Subject": "Otters", "From": "Ada <ada@example.com>", "To": "b@example.com", **headers}.items():
        mail[key] = value
    return mail


def test_headers_and_plain_body(parse_bytes, shape):
    mail = message(Date="Tue, 01 Oct 2024 12:34:56 -0500")
    mail.set_content("Hello,\n\nöne\ntwo\n")
    mail.add_alternative("<p>Hello HTML</p>", subtype="html")

    parsed = parse_bytes(bytes(mail), "a.eml")

    assert shape(parsed) == [
        (
            "text",
            0,
            "From: Ada <ada@example.com>\nTo: b@example.com\nDate: Tue, 01 Oct 2024 12:34:56 -0500\nSubject: Otters",
        ),
        ("text", 0, "Hello,"),
        ("text", 0, "öne\ntwo"),
    ]
    assert parsed.title == "Otters"
    assert parsed.metadata["from"] == "Ada <ada@example.com>"


def test_html_body_where_there_is_no_plain_one(parse_bytes, shape):
    mail = message()
    mail.set_content("<h1>Head</h1><p>Body</p>", subtype="html")

    assert shape(parse_bytes(bytes(mail), "a.eml"))[1:] == [("heading", 1, "Head"), ("text", 0, "Body")]


def test_attachments_are_named_and_texts_read(parse_bytes, shape):
    mail = message()
    mail.set_content("See below")
    mail.add_attachment("# Notes\n\nfrom markdown", subtype="markdown", filename="notes.md")
    mail.add_attachment(b"<p>from html</p>", maintype="application", subtype="octet-stream", filename="page.html")
    mail.add_attachment(b"%PDF-1.4 binary", maintype="application", subtype="pdf", filename="paper.pdf")

    parsed = parse_bytes(bytes(mail), "a.eml")

    assert [text for _, _, text in shape(parsed)][2:] == [
        "Attachment: notes.md",
        "# Notes",
        "from markdown",
        "Attachment: page.html",
        "from html",
        "Attachment: paper.pdf",
    ]
    assert parsed.warnings == ("The attachment paper.pdf was not read; upload it as a document of its own.",)


def test_forwarded_message_is_read_with_its_headers(parse_bytes):
    inner = message(Subject="Inner")
    inner.set_content("inner text")
    mail = message()
    mail.set_content("outer text")
    mail.add_attachment(inner)

    text = parse_bytes(bytes(mail), "a.eml").text

    assert text.index("outer text") < text.index("Subject: Inner") < text.index("inner text")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"no headers at all", FaultCode.CORRUPT, id="no message"),
        pytest.param(b"\0\1\2\3" * 100, FaultCode.UNSUPPORTED, id="garbage"),
        pytest.param(
            b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\npart\n" * 5000,
            FaultCode.TOO_LARGE,
            id="parts",
        ),
        pytest.param(b"Subject: x\n" + b"Content-Type: message/rfc822\n\n" * 300, FaultCode.TOO_LARGE, id="nested"),
        pytest.param(b"X: y\n" * 5000 + b"\nbody", FaultCode.TOO_LARGE, id="headers"),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_message_is_a_coded_fault(parse_bytes, data, fault):
    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data, "a.eml")

    assert caught.value.fault == fault


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: =?utf-8?q?=ff=fe?=",
        b'To: <<<>>>,,;:"',
        b"Date: never",
        b"From: " + b"(" * 500,
        b"Subject: " + b"a " * 80_000,
    ],
    ids=["bad word", "bad address", "bad date", "open comments", "long"],
)
@pytest.mark.timeout(20)
def test_malformed_headers_do_not_hide_the_body(parse_bytes, header):
    assert "the body" in parse_bytes(header + b"\n\nthe body\n", "a.eml").text


@pytest.mark.parametrize("name", ["eml_simple.eml", "eml_with_attachment.eml", "mime-different-plain-html.eml"])
def test_real_messages_have_subject_and_body(parse_file, name):
    parsed = parse_file(f"eml/{name}")

    assert parsed.title
    assert len(parsed.blocks) >= 2
