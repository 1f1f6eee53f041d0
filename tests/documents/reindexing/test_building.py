"""From the beginning of a reindex to the dataset that is served by what it built."""

import numpy as np
import pytest
from django.db import OperationalError, connection

from documents import editing, reindexing
from documents.models import Goal, Reindex, ReindexState
from documents.reindexing import clearing, dense
from knowledgebases import indexing
from knowledgebases.models import Chunk, DenseRow
from knowledgebases.retrieval import Options, retrieve
from tests import invariants
from tests.documents.reindexing.conftest import NEW, OLD, SIZE, vector

pytestmark = pytest.mark.django_db(transaction=True)


def broken():
    with connection.cursor() as cursor:
        return invariants.broken(cursor)


def in_space(space):
    return DenseRow.objects.filter(space=space)


def best(kb, text):
    (hit, *_) = retrieve([kb], text, Options(weight=1.0)).hits
    return hit.hit.content, round(hit.hit.cosine, 2)


def test_a_reindex_builds_beside_what_is_served_and_waits_to_be_switched(begun, work, now, models):
    begun()
    models.asked.clear()

    job = work()

    assert (job.state, job.done, job.total) == (ReindexState.READY, SIZE, SIZE)
    assert (job.sampled, round(job.least_cosine, 3)) == (dense.SAMPLES, 1.0)
    assert now().embd_id == OLD
    assert in_space(job.space).count() == in_space(job.former_space).count() == SIZE
    assert len(models.texts("new")) == SIZE + dense.SAMPLES
    assert broken() == []


def test_a_switch_serves_the_new_vectors(begun, work, now):
    begun()
    job = work()
    assert best(now(), "otter number7 swims") == ("otter number7 swims", 1.0)

    reindexing.switch(job)
    job = work()

    assert job.state == ReindexState.SWITCHED
    assert (now().embd_id, now().space) == (NEW, job.space)
    assert best(now(), "otter number7 swims") == ("otter number7 swims", 1.0)
    assert broken() == []


def test_a_reindex_may_switch_by_itself(begun, work, now):
    begun(goal=Goal.SWITCH)

    assert work().state == ReindexState.SWITCHED
    assert now().embd_id == NEW


def test_vectors_are_what_the_new_model_makes_of_the_texts(begun, work):
    begun()

    job = work()

    for row in in_space(job.space).select_related("chunk")[:20]:
        assert np.allclose(row.embedding, vector("new", row.chunk.content), atol=1e-2)


def test_a_title_has_its_share_in_the_new_vectors(filled, begun, work):
    filled.parser_config = {"filename_embd_weight": 0.5}
    filled.save()
    begun()

    job = work()

    row = in_space(job.space).select_related("chunk").first()
    mixed = vector("new", row.chunk.content) + vector("new", "otters")
    assert np.allclose(row.embedding, mixed / np.linalg.norm(mixed), atol=1e-2)


def test_what_is_changed_meanwhile_is_caught_up(begun, work, filled, now):
    begun()
    work()
    first, second, third = Chunk.objects.order_by("seq")[:3]

    editing.change(filled, first, editing.Change(content="a heron"))
    editing.delete(filled, [second.pk])
    editing.switch(filled, [third.pk], available=False)
    added = editing.add(filled, "a beaver")
    job = reindexing.switch(Reindex.objects.get())
    job = work()

    assert job.state == ReindexState.SWITCHED
    assert broken() == []
    rows = {row.chunk_id: row for row in in_space(job.space)}
    assert rows.keys() == set(Chunk.objects.values_list("pk", flat=True))
    assert np.allclose(rows[first.pk].embedding, vector("new", "a heron"), atol=1e-2)
    assert np.allclose(rows[added.pk].embedding, vector("new", "a beaver"), atol=1e-2)
    assert not rows[third.pk].available


def test_a_text_that_changes_while_it_is_embedded_leaves_no_stale_vector(begun, work, filled, models):
    chunk = Chunk.objects.order_by("seq").first()
    begun()
    changed = []

    def change_it(model, texts):
        if model == "new" and chunk.content in texts and not changed:
            changed.append(True)
            editing.change(filled, chunk, editing.Change(content="a heron"))

    models.before = change_it
    job = work()

    assert changed
    row = in_space(job.space).get(chunk=chunk)
    assert np.allclose(row.embedding, vector("new", "a heron"), atol=1e-2)
    assert job.done == SIZE


def test_a_rollback_before_the_switch_drops_what_was_built(begun, work, now):
    begun()
    job = work()

    reindexing.rollback(job)
    gone = clearing.clear()

    assert Reindex.objects.get().state == ReindexState.ROLLED_BACK
    assert gone == SIZE
    assert not in_space(job.space).exists()
    assert now().embd_id == OLD
    assert broken() == []


def test_a_rollback_after_the_switch_catches_the_former_space_up(begun, work, now, filled, models):
    begun(goal=Goal.SWITCH)
    job = work()
    chunk = Chunk.objects.order_by("seq").first()
    editing.change(filled, chunk, editing.Change(content="a heron"))
    editing.add(filled, "a beaver")
    models.asked.clear()

    reindexing.rollback(job)
    job = work()

    assert job.state == ReindexState.ROLLED_BACK
    assert sorted(models.texts("old")) == ["a beaver", "a heron"]
    assert (now().embd_id, now().space) == (OLD, job.former_space)
    assert best(now(), "a heron") == ("a heron", 1.0)
    assert clearing.clear() == SIZE + 1
    assert broken() == []


def test_the_former_vectors_are_kept_for_a_time(begun, work, settings):
    begun(goal=Goal.SWITCH)
    job = work()

    kept = clearing.clear(), in_space(job.former_space).count()
    settings.RAG_REINDEX_KEPT_HOURS = 0
    gone = clearing.clear(), in_space(job.former_space).count()

    assert (kept, gone) == ((0, SIZE), (SIZE, 0))
    assert Reindex.objects.get().state == ReindexState.FINISHED
    assert Reindex.objects.get().cleared
    assert broken() == []


def test_a_finished_reindex_keeps_nothing(begun, work):
    begun(goal=Goal.SWITCH)
    job = reindexing.finish(work())

    assert clearing.clear() == SIZE
    assert not in_space(job.former_space).exists()


def test_a_model_that_does_not_answer_alike_is_found_out(begun, work, models, now):
    models.lies = True
    begun()

    job = work()

    assert job.state == ReindexState.FAILED
    assert "does not answer alike" in job.message
    assert job.least_cosine < 0.99
    assert now().embd_id == OLD


def test_a_large_dataset_is_indexed_before_it_is_switched(begun, work, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_DENSE", 10)
    begun()
    job = work()
    there = indexing.has_dense_index(job.space)

    reindexing.rollback(job)
    clearing.clear()

    assert there
    assert not indexing.has_dense_index(job.space)


def resist(space):
    raise OperationalError("somebody reads it")


@pytest.mark.parametrize("drop", [resist, lambda space: False], ids=["fails", "somebody builds it"])
def test_what_cannot_be_cleared_now_is_tried_again(begun, work, monkeypatch, drop):
    begun()
    reindexing.rollback(work())

    with monkeypatch.context() as resisting:
        resisting.setattr(indexing, "drop_dense_index", drop)
        clearing.clear()
    tried = Reindex.objects.get().cleared
    clearing.clear()

    assert (tried, Reindex.objects.get().cleared) == (False, True)
