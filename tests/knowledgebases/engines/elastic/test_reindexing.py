"""A dataset changes over to another embedding model, with vectors of another length, while an index follows it."""

import numpy as np
import pytest
from elasticsearch.dsl import Search

from documents import reindexing, sweeping
from documents.models import Goal, ReindexState
from documents.reindexing import dense
from knowledgebases import indexing
from knowledgebases.engines.elastic import indexes, mapping, sync
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from knowledgebases.retrieval import Options, retrieve
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import Compass

pytestmark = pytest.mark.django_db(transaction=True)


class Rose(Compass):
    """The directions once more, elsewhere in a space of more dimensions."""

    model_id = "rose@Builtin"
    dimension = 9

    def embed_query(self, text):
        return np.concatenate([np.zeros(5, np.float32), super().embed_query(text)])


@pytest.fixture
def embedders(compass, monkeypatch):
    """The models of the site, by name."""
    found = {embedder.model_id: embedder for embedder in (compass, Rose())}
    monkeypatch.setattr(dense, "embedder_named", lambda kb, name: found[name])
    return found


@pytest.fixture
def handbook(owner, add):
    kb = KnowledgebaseFactory(owner=owner, embd_id=Compass.model_id)
    add(DocumentFactory(kb=kb, name="handbook.txt", parser_config={"filename_embd_weight": 0}), "east", "north", "up")
    return kb


@pytest.fixture
def best(handbook, embedders, fresh):
    """What the next request finds first by its meaning, and why that is less than asked for."""

    def best(question):
        kb = fresh(handbook)
        answer = retrieve([kb], question, Options(weight=1.0, threshold=0.0), embedder=embedders[kb.embd_id])
        first = answer.hits[0].hit
        return first.content, round(first.cosine or 0, 2), answer.degraded

    return best


@pytest.fixture
def counted(elasticsearch):
    """How many chunks an index has with a vector of a space."""

    def counted(index, space):
        search = Search(using=elasticsearch, index=index.name)
        return search.query("exists", field=mapping.vector_field(space.pk)).count()

    return counted


def work():
    while reindexing.advance():
        pass


def test_the_index_has_both_kinds_of_vectors_at_the_switch_and_one_in_the_end(
    handbook, embedders, fresh, follow, best, counted
):
    index, former = follow(), fresh(handbook).space
    job = reindexing.start(fresh(handbook), model=Rose.model_id)
    work()
    job.refresh_from_db()
    assert (job.state, best("north")) == (ReindexState.READY, ("north", 1.0, ""))
    follow()
    assert counted(index, job.space) == counted(index, former) == 3

    reindexing.switch(job)
    work()

    assert fresh(handbook).space == job.space
    assert best("north") == ("north", 1.0, "")
    assert sync.follow() == 0  # nothing is brought because of the switch

    reindexing.finish(job)
    sweeping.clear_reindexes()
    assert best("north") == ("north", 1.0, "")
    follow()
    assert (counted(index, job.space), counted(index, former)) == (3, 0)
    assert best("north") == ("north", 1.0, "")


@pytest.mark.parametrize("few", [2000, 2], ids=["a little", "far"])
def test_an_index_that_is_behind_at_the_switch_shows_in_no_answer(
    handbook, embedders, fresh, follow, best, monkeypatch, few
):
    follow()
    monkeypatch.setattr("knowledgebases.engines.elastic.scope.FEW", few)
    reindexing.start(fresh(handbook), model=Rose.model_id, goal=Goal.SWITCH)
    work()

    content, cosine, degraded = best("north")

    assert (fresh(handbook).embd_id, PendingChunk.objects.count()) == (Rose.model_id, 3)
    assert (content, cosine, "More than 2 passages" in degraded) == ("north", 1.0, few == 2)


def test_vectors_of_a_space_that_comes_up_while_a_pass_is_under_way_are_taken(
    handbook, embedders, fresh, follow, counted, monkeypatch
):
    index, prepare = follow(), indexes.prepare

    def prepare_and_build(*given):
        prepared = prepare(*given)
        reindexing.start(fresh(handbook), model=Rose.model_id)
        work()
        return prepared

    monkeypatch.setattr(indexes, "prepare", prepare_and_build)

    assert sync.follow() == 3

    assert counted(index, indexing.space_of(embedders[Rose.model_id])) == 3
    assert not PendingChunk.objects.exists()


def test_an_index_that_is_filled_meanwhile_has_them_all(handbook, embedders, fresh, follow, best, counted):
    follow()
    reindexing.start(fresh(handbook), model=Rose.model_id, goal=Goal.SWITCH)
    indexes.announce()
    work()

    index = follow()

    assert SearchIndex.objects.filter(state=IndexState.SERVING).get() == index
    assert (counted(index, fresh(handbook).space), best("up")) == (3, ("up", 1.0, ""))
