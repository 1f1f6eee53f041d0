"""From a request to a hit: the sweeper follows, and the API answers by the index."""

import pytest

from documents import sweeping
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from knowledgebases.retrieval import Options, retrieve
from tests.factories import DocumentFactory, KnowledgebaseFactory


@pytest.fixture
def handbook(owner, add):
    kb = KnowledgebaseFactory(owner=owner, embd_id="compass@Builtin")
    add(DocumentFactory(kb=kb, name="handbook.txt"), "east wind", "north wind", "apples")
    return kb


def test_the_sweeper_follows(elasticsearch, handbook):
    done = [sweeping.sweep()["follow"] for _ in range(2)]

    assert done == [3, 0]
    assert SearchIndex.objects.get().state == IndexState.SERVING
    assert not PendingChunk.objects.exists()


def test_both_engines_answer_alike(elasticsearch, follow, settings, handbook, compass, fresh):
    answers = {}
    follow()
    for engine in ("pgvector", "elasticsearch"):
        settings.RAG_ENGINE = engine
        answers[engine] = retrieve([fresh(handbook)], "a wind from the east", Options(threshold=0.0), embedder=compass)

    assert answers["elasticsearch"].degraded == ""
    assert len(answers["pgvector"].hits) > 1
    assert answers["elasticsearch"].hits == answers["pgvector"].hits
