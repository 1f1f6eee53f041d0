"""What people decide about reindexes, and what is refused."""

import pytest

from documents import reindexing
from documents.models import Goal, Reindex, ReindexState, What
from knowledgebases import datasets
from knowledgebases.models import Chunk
from system.errors import ArgumentError, Conflict
from tests.documents.reindexing.conftest import NEW, OLD

pytestmark = pytest.mark.django_db


@pytest.fixture
def size():
    return 3


@pytest.fixture
def job(begun):
    """A reindex in a state."""

    def job(state=ReindexState.QUEUED, **fields):
        found = begun()
        Reindex.objects.filter(pk=found.pk).update(state=state, **fields)
        found.refresh_from_db()
        return found

    return job


def test_a_reindex_remembers_where_it_comes_from(begun, kb):
    job = begun()

    assert (job.state, job.goal, job.model, job.former_model) == (ReindexState.QUEUED, Goal.READY, NEW, OLD)
    assert (job.former_space, job.total) == (kb.space, 3)
    assert "Begun" in job.log


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"model": OLD}, Conflict, "embedded with old@OpenAI-API-Compatible already"),
        ({"model": ""}, Conflict, "already"),
        ({"model": "unknown"}, ArgumentError, "Unsupported model"),
        ({"model": "gpt@OpenAI-API-Compatible"}, ArgumentError, "Unauthorized model"),
        ({"what": What.LEXICAL}, ArgumentError, "of no use where words alone"),
        ({"language": "German"}, ArgumentError, "of no use where vectors alone"),
        ({"what": What.ALL, "language": "x" * 33}, ArgumentError, "at most 32 characters"),
    ],
    ids=["the same", "none", "unknown", "not set up", "words by a model", "vectors by a language", "long language"],
)
def test_what_cannot_be_is_refused(begun, options, error, text):
    with pytest.raises(error, match=text):
        begun(**options)

    assert not Reindex.objects.exists()


def test_a_dataset_without_chunks_is_changed_itself(begun, filled, kb):
    Chunk.objects.all().delete()

    with pytest.raises(Conflict, match="change its embedding model or language itself"):
        begun()


def test_one_reindex_of_a_dataset_is_open_at_a_time(begun):
    begun()

    with pytest.raises(Conflict, match="being reindexed already"):
        begun()


def test_another_reindex_ends_the_way_back_of_the_last(job, begun):
    former = job(ReindexState.SWITCHED, switched_at="2026-01-01T00:00Z")

    begun()

    former.refresh_from_db()
    assert former.state == ReindexState.FINISHED


def test_the_models_of_a_dataset_that_is_reindexed_stay_even_if_it_is_emptied(job, kb):
    job()
    Chunk.objects.all().delete()

    with pytest.raises(Conflict, match="being reindexed"):
        datasets.update(kb, {"embedding_model": NEW})


def test_the_direct_update_of_the_model_is_refused_while_there_are_chunks(filled, kb):
    with pytest.raises(Conflict, match=r"When chunk_num \(3\) > 0, embedding_model must remain"):
        datasets.update(kb, {"embedding_model": NEW})


@pytest.mark.parametrize(
    ("deed", "state", "fields", "after"),
    [
        ("pause", "queued", {}, "paused"),
        ("pause", "building", {"fence": 7}, "paused"),
        ("resume", "paused", {}, "queued"),
        ("resume", "failed", {"waits": 9, "claims": 9}, "queued"),
        ("switch", "ready", {}, "queued"),
        ("switch", "paused", {}, "paused"),
        ("rollback", "ready", {}, "rolled_back"),
        ("rollback", "building", {"fence": 7}, "rolled_back"),
        ("rollback", "failed", {}, "rolled_back"),
        ("rollback", "switched", {"switched_at": "2026-01-01T00:00Z"}, "queued"),
        ("finish", "switched", {"switched_at": "2026-01-01T00:00Z"}, "finished"),
        ("finish", "failed", {"switched_at": "2026-01-01T00:00Z", "goal": "back"}, "finished"),
    ],
)
def test_a_deed_leads_on(job, deed, state, fields, after):
    found = reindexing.DEEDS[deed](job(state, **fields))

    assert (found.state, found.fence, found.waits, found.claims) == (after, 0, 0, 0)


def test_a_reindex_under_way_learns_that_it_is_to_be_switched(job):
    found = reindexing.switch(job(ReindexState.BUILDING, fence=7))

    assert (found.state, found.fence, found.goal) == (ReindexState.BUILDING, 7, Goal.SWITCH)


@pytest.mark.parametrize(
    ("deed", "state", "fields"),
    [
        ("pause", "ready", {}),
        ("pause", "paused", {}),
        ("resume", "queued", {}),
        ("switch", "failed", {}),
        ("switch", "switched", {"switched_at": "2026-01-01T00:00Z"}),
        ("rollback", "rolled_back", {}),
        ("rollback", "building", {"switched_at": "2026-01-01T00:00Z", "goal": "back"}),
        ("finish", "ready", {}),
        ("finish", "finished", {"switched_at": "2026-01-01T00:00Z", "finished_at": "2026-01-01T00:00Z"}),
    ],
)
def test_a_deed_at_the_wrong_time_is_refused(job, deed, state, fields):
    found = job(state, **fields)

    with pytest.raises(Conflict):
        reindexing.DEEDS[deed](found)

    found.refresh_from_db()
    assert found.state == state


def test_one_that_is_paused_on_its_way_back_is_to_be_resumed(job):
    found = job(ReindexState.PAUSED, switched_at="2026-01-01T00:00Z", goal=Goal.BACK)

    with pytest.raises(Conflict, match=r"already \(paused\): resume it"):
        reindexing.rollback(found)
