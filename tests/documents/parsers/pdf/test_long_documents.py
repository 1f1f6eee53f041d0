"""PDFs in windows: what no page tells of itself is the same in each, and none is in memory for long."""

import time

import pytest

from documents.parsers import pdf
from documents.parsers.pdf import book, look
from system.errors import DocumentFault, FaultCode
from tests.documents.parsers.pdf.drawing import WORDS, prose, text_at
from tests.documents.parsers.whole import whole


def windows(path, size, *, cursor=None, **config):
    return list(pdf.windows(str(path), name="a.pdf", config=config, cursor=cursor, size=size))


def chapter_page(number):
    """Page of a book whose header is that of its chapter of six pages, on odd pages alone."""

    def run(canvas):
        if number % 2:
            text_at(canvas, 60, 825, f"About {WORDS[number // 6]}")
        text_at(canvas, 290, 20, str(number))
        if number % 6 == 0:
            text_at(canvas, 60, 780, f"The {WORDS[number // 6]}", size=18)
        if number == 31:
            text_at(canvas, 60, 740, "Once in a larger type", size=14)
        text_at(canvas, 60, 700, f"{prose(12, number)}.")

    return run


@pytest.fixture
def long(draw):
    return draw(*map(chapter_page, range(48)))


@pytest.mark.parametrize("size", [1, 5, 16])
def test_document_that_is_looked_at_whole_reads_as_it_does_at_once(long, size):
    assert whole(windows(long, size)) == whole(windows(long, 48))


def test_of_a_longer_one_runs_from_all_over_it_are_looked_at(monkeypatch):
    monkeypatch.setattr(look, "LOOKED_AT", 24)

    assert look.sample(range(100)) == [*range(8), *range(46, 54), *range(92, 100)]
    assert look.sample(range(20)) == list(range(20))


def test_running_lines_of_a_longer_one_are_told_from_the_pages_beside(long, monkeypatch):
    monkeypatch.setattr(look, "LOOKED_AT", 16)
    monkeypatch.setattr(pdf, "LOOKED_AT", 16)

    text = whole(windows(long, 5)).text

    assert "About" not in text
    assert text == whole(windows(long, 48)).text


def test_type_that_was_not_looked_at_makes_a_heading_all_the_same(long, monkeypatch):
    monkeypatch.setattr(look, "LOOKED_AT", 16)
    monkeypatch.setattr(pdf, "LOOKED_AT", 16)

    headings = [(block.level, text) for block, text in blocks(whole(windows(long, 5))) if block.kind == "heading"]

    assert (2, "Once in a larger type") in headings
    assert headings[0] == (1, "The otters")


def blocks(parsed):
    return [(block, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_pages_that_were_written_are_forgotten_and_the_file_is_opened_anew(long, monkeypatch):
    monkeypatch.setattr(book, "REOPEN", 10)
    at_once = whole(windows(long, 48))
    held, opened = [], []
    forget, open_ = book.Book.forget, book.open_document
    monkeypatch.setattr(book.Book, "forget", lambda self, old: (forget(self, old), held.append(len(self._pages))))
    monkeypatch.setattr(book, "open_document", lambda *args: opened.append(1) or open_(*args))
    monkeypatch.setattr(look, "LOOKED_AT", 16)
    monkeypatch.setattr(pdf, "LOOKED_AT", 16)

    found = whole(windows(long, 5))

    assert found.text == at_once.text
    assert max(held) <= 16 + 2 * 8
    assert len(opened) >= 5


def test_window_of_pages_that_take_long_ends_early(long, monkeypatch):
    monkeypatch.setattr(look, "SECONDS", 0.0)

    found = windows(long, 16)

    assert [window.done for window in found] == list(range(1, 49))
    assert all(prose(12, number) in whole(found).text for number in range(48))


def test_scan_is_told_after_its_last_page(draw):
    path = draw(*[lambda canvas: None] * 5)

    with pytest.raises(DocumentFault) as caught:
        windows(path, 2)

    assert caught.value.fault == FaultCode.UNSUPPORTED


def test_text_on_the_last_page_alone_is_enough(draw):
    path = draw(*[lambda canvas: None] * 4, lambda canvas: text_at(canvas, 60, 700, prose(12)))

    found = windows(path, 2)

    assert [len(window.parsed.text) > 0 for window in found] == [False, False, True]
    assert found[0].parsed.warnings
    assert [window.done for window in found] == [2, 4, 5]


def test_document_of_a_hundred_thousand_pages_is_refused_at_once(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(many_pages(100_000))
    started = time.monotonic()

    with pytest.raises(DocumentFault, match="has 100,000 pages, the limit is 5,000") as caught:
        windows(path, 64)

    assert caught.value.fault == FaultCode.TOO_LARGE
    assert time.monotonic() - started < 10


def many_pages(number):
    """A PDF of empty pages that share one object."""
    kids = b"3 0 R " * number
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % number,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for at, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % at + content + b"endobj\n"
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)
