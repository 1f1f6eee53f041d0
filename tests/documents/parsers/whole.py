"""A document from its windows: what they promise to be together."""

from itertools import pairwise

from documents.parsers.base import Parsed
from documents.parsers.blocks import joined, moved


def whole(windows):
    """The document that windows make; checks that they go on till the end."""
    text, blocks, found = "", [], list(windows)
    for window in found:
        fresh = [moved(block, len(text)) for block in window.parsed.blocks]
        if window.continues:
            assert fresh[0].kind is blocks[-1].kind
            blocks[-1] = joined(blocks[-1], fresh.pop(0))
        blocks += fresh
        text += window.parsed.text
    assert [window.cursor is None for window in found] == [*[False] * (len(found) - 1), True]
    assert all(before.done < window.done for before, window in pairwise(found) if window.cursor)
    assert {window.total for window in found} == {found[-1].done}
    first, last = found[0].parsed, found[-1].parsed
    warnings = tuple(warning for window in found for warning in window.parsed.warnings)
    return Parsed(text, tuple(blocks), last.pages, first.title, first.metadata, warnings)
