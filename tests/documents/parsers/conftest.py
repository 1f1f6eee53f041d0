"""What the parser tests share: parsing bytes under a name, and invariants that hold for every document."""

from pathlib import Path

import pytest

from documents.parsers import windows
from documents.parsers.base import Parsed
from documents.parsers.wire import as_content, as_parsed, content_of, message
from tests.documents.parsers.whole import whole

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "documents"


def check(parsed: Parsed) -> Parsed:
    """Every document keeps the promises of documents.parsers.base."""
    assert "\0" not in parsed.text
    parsed.text.encode("utf-8")
    end = 0
    for block in parsed.blocks:
        assert end <= block.start < block.end <= len(parsed.text)
        assert parsed.text[block.start : block.end].strip()
        assert bool(block.rows) == (block.kind == "table") or block.lines
        assert all(block.start <= start < stop <= block.end for start, stop in block.rows)
        for line in block.lines:
            assert block.start <= line.start < line.end <= block.end
            assert line.left <= line.right
            assert line.top <= line.bottom
        end = block.end
    assert as_parsed(content_of(message(as_content(parsed))[8:])) == parsed
    return parsed


@pytest.fixture
def parse_bytes(tmp_path):
    """Parse bytes (or text) as a file of a name."""

    def run(data, name, **config):
        path = tmp_path / "stored"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return check(whole(windows(str(path), name=name, config=config)))

    return run


@pytest.fixture
def parse_file(tmp_path):
    """Parse a file that a test has written, or one of the shared documents (skips when those are not here)."""

    def run(path, name=None, **config):
        path = Path(path)
        if not path.is_absolute():
            path = DATA / path
            if not path.exists():
                pytest.skip(f"shared document {path} is not here")
        return check(whole(windows(str(path), name=name or path.name, config=config)))

    return run


@pytest.fixture
def shape():
    """Blocks as (kind, level, text) triples, easy to compare."""

    def of(parsed):
        return [(block.kind.value, block.level, parsed.text[block.start : block.end]) for block in parsed.blocks]

    return of
