"""`manage.py fsck` compares the index with the database, and mends it."""

import pytest

from documents import consistency
from knowledgebases.engines.elastic import parity, sync
from knowledgebases.models import PendingChunk
from system.errors import Unavailable
from tests.factories import DocumentFactory, KnowledgebaseFactory

CHECK = next(check for check in consistency.CHECKS if check.name == "elasticsearch")
EVERYTHING = consistency.Scope(grace_seconds=0)


@pytest.fixture
def broken(elasticsearch, follow, kb, document, add, monkeypatch):
    """A dataset that lacks a chunk in the index, and has one there that is nowhere else; gives them."""
    monkeypatch.setattr(parity, "BATCH", 2)
    lost, *_ = add(document, "apples", "pears", "plums")
    add(DocumentFactory(kb=KnowledgebaseFactory(embd_id=kb.embd_id)), "of another dataset")
    index = follow()
    elasticsearch.delete(index=index.name, id=lost.pk)
    elasticsearch.index(index=index.name, id="stray", document={"kb": kb.pk, "document": document.pk})
    elasticsearch.indices.refresh(index=index.name)
    return lost.pk, "stray"


def test_an_index_that_knows_everything_is_no_finding(follow, document, add):
    add(document, "apples", "pears")
    follow()

    assert list(CHECK.find(EVERYTHING)) == []


def test_what_pends_is_no_finding(follow, document, add):
    follow()
    add(document, "apples")

    assert list(CHECK.find(EVERYTHING)) == []


def test_what_differs_is_found_and_mended(follow, kb, broken):
    found = list(CHECK.find(EVERYTHING))

    done = [CHECK.repair(finding) for finding in found]
    noted = set(PendingChunk.objects.values_list("chunk_id", flat=True))
    sync.follow()

    assert [(finding.kb_id, finding.what) for finding in found] == [
        (kb.pk, "1 passages are missing in Elasticsearch"),
        (kb.pk, "1 passages are in Elasticsearch alone"),
    ]
    assert done == ["2 passages noted; the sweeper brings them", ""]
    assert noted == set(broken)
    assert list(CHECK.find(EVERYTHING)) == []


def test_other_datasets_are_no_finding_of_this_one(broken, kb):
    other = KnowledgebaseFactory(embd_id=kb.embd_id)

    assert list(CHECK.find(consistency.Scope(grace_seconds=0, kb_id=other.pk))) == []


def test_a_site_without_elasticsearch_has_no_findings(db):
    assert list(CHECK.find(EVERYTHING)) == []


def test_one_that_does_not_answer_is_told(settings, follow):
    follow()
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"

    with pytest.raises(Unavailable, match="does not answer"):
        list(CHECK.find(EVERYTHING))
