"""Large documents on a small scale: windows of two paragraphs, parts of three passages."""

from dataclasses import replace

import pytest

from documents import jobs
from documents.ingestion import parts
from documents.models import Task
from documents.parsers.base import Parsed, Window
from documents.sandbox import Sandbox
from knowledgebases.embedders.onnx import OnnxEmbedder

PARAGRAPHS = 2  # of a window
PART = 3


def fact(number):
    """A paragraph that is a passage of its own."""
    return f"Fact {number}. " + f"otter{number} " * 40


@pytest.fixture
def small_scale(monkeypatch):
    """Windows and parts as small as they get; returns the cursors that windows were asked for at."""
    asked = []
    real = Sandbox.windows

    def windows(self, path, *, cursor=None, **options):
        asked.append(cursor)
        parsed = next(real(self, path, cursor=None, **options)).parsed
        starts = [block.start for block in parsed.blocks][::PARAGRAPHS]
        edges = [0, *starts[1:], len(parsed.text)]
        for number in range(cursor["at"] if cursor else 0, len(edges) - 1):
            start, end = edges[number : number + 2]
            blocks = [block for block in parsed.blocks if start <= block.start < end]
            moved = tuple(replace(block, start=block.start - start, end=block.end - start) for block in blocks)
            following = {"at": number + 1} if end < len(parsed.text) else None
            yield Window(Parsed(parsed.text[start:end], moved), following, "bytes", end, len(parsed.text))

    monkeypatch.setattr(Sandbox, "windows", windows)
    monkeypatch.setattr(parts, "PART", PART)
    return asked


@pytest.fixture
def large(upload, small_scale):
    """Upload a text of so many paragraphs, a passage each."""

    def large(count=10, name="long.txt", texts=None):
        document = upload(name, "\n\n".join(texts or map(fact, range(count))))
        document.parser_config = {"chunk_token_num": 128}
        document.save()
        return document

    return large


@pytest.fixture
def embedded(monkeypatch):
    """The texts that reach the model, title and all."""
    texts, embed = [], OnnxEmbedder.embed
    monkeypatch.setattr(OnnxEmbedder, "embed", lambda self, given: texts.extend(given) or embed(self, given))
    return texts


@pytest.fixture
def claim():
    """The next task, for one of several workers."""

    def claim(owner="somebody"):
        return Task.objects.claim(owner=owner, lease_seconds=60)

    return claim


@pytest.fixture
def work(claim):
    """Claim tasks and do them, at most so many; returns them."""

    def work(most=100):
        done = []
        with Sandbox() as sandbox:
            while len(done) < most and (task := claim()):
                jobs.run(task, sandbox)
                done.append(task)
        return done

    return work
