"""Pictures of first pages are drawn in the same child, and harm nobody."""

import pytest

from documents.parsers.base import Picture
from documents.sandbox import Limits, ParseInterrupted, Sandbox
from system.errors import DocumentFault
from tests.documents.sandbox.reading import POISON, draw, parse


def test_a_picture_comes_as_bare_pixels(poison, deed):
    assert draw(poison, deed("small")) == Picture(2, 1, b"abcdef")


def test_of_a_format_without_pages_there_is_no_picture(sandbox, deed):
    assert draw(sandbox, deed("plain text")) is None


@pytest.mark.parametrize("what", ["large", "flat", "short", "long", "segfault", "allocate", "raise", "endless", "huge"])
def test_a_painter_that_misbehaves_is_a_fault_and_the_document_is_parsed_all_the_same(poison, deed, what):
    with pytest.raises(DocumentFault):
        draw(poison, deed(what))

    assert parse(poison, deed("print")).text == "fine"


def test_an_endless_picture_is_stopped_by_the_wall_clock(poison, deed):
    with pytest.raises(DocumentFault):
        draw(poison, deed("spin"), timeout=1.0)

    assert poison.pid is None


def test_a_picture_that_is_not_wanted_any_more_is_not_waited_for(poison, deed):
    with pytest.raises(ParseInterrupted):
        draw(poison, deed("spin"), alive=lambda: False)


def test_a_picture_does_not_count_as_a_document(deed):
    with Sandbox(Limits(documents=2), command=POISON) as sandbox:
        for _ in range(3):
            draw(sandbox, deed("small"))
        parse(sandbox, deed("print"))

        assert sandbox.pid is not None
