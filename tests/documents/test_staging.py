"""Words are weighed when passages are staged; publishing sees to it that they still hold."""

import pytest
from django.db import connection, transaction
from pgvector import HalfVector

from documents import batches, changes, publishing, queueing, recipes, staging
from documents.chunkers.base import Passage
from documents.leases import LeaseLost
from documents.models import Stage, Task, TaskState
from knowledgebases import indexing
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, LexicalRow
from knowledgebases.retrieval import Options, retrieve
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staged(document):
    """Claim the task of a document and stage texts as a worker does; returns the task."""

    def staged(*texts, document=document):
        queueing.start([document.pk])
        document.refresh_from_db()
        task = Task.objects.claim(owner="test", lease_seconds=60)
        embedder = embedder_for(document.kb)
        space = indexing.space_of(embedder)
        Task.objects.filter(pk=task.pk).update(space=space, recipe=recipes.recipe(document))
        drafts = [
            staging.draft(document, Passage(text, ((n, n + 9),), 3, headings=("Animals",)), seq=n)
            for n, text in enumerate(texts)
        ]
        words = staging.weigh(document, drafts, beside=(0, 0.0))
        vectors = [HalfVector(vector) for vector in embedder.embed(texts)]
        with transaction.atomic():
            staging.put(task, list(map(staging.Finished, drafts, texts, vectors, words)))
        return task

    return staged


def rows(kb):
    """The search rows of a dataset as they would be found by text."""
    found = LexicalRow.objects.filter(kb_id=kb.pk).order_by("chunk__content")
    return [(row.length, sorted(row.terms), row.weights.to_text()) for row in found]


def indexed(document):
    """The same rows as they are made of the published chunks."""
    chunks = Chunk.objects.filter(document=document)
    title = document.name.rsplit(".", 1)[0]
    indexing.index_terms(document.kb, dict.fromkeys(chunks, title))
    return [(length, terms) for length, terms, _ in rows(document.kb)]


def test_a_published_chunk_has_the_columns_of_one_that_the_model_makes(document, staged):
    publishing.publish(staged("Otters swim."))

    chunk = Chunk.objects.get()
    plain = Chunk(pk=chunk.pk, document=document, kb=document.kb, content="Otters swim.")
    given = {"gen", "digest", "tokens", "headings", "spans", "created_at", "updated_at"}
    names = {field.attname for field in Chunk._meta.concrete_fields} - given
    assert {name: getattr(chunk, name) for name in names} == {name: getattr(plain, name) for name in names}
    assert (chunk.headings, chunk.spans, chunk.tokens, chunk.gen) == (["Animals"], [[0, 9]], 3, 1)


def test_rows_that_were_staged_are_those_that_indexing_makes(document, staged):
    publishing.publish(staged("Otters swim.", "Beavers build."))

    published = [(length, terms) for length, terms, _ in rows(document.kb)]
    assert published == indexed(document)
    assert DenseRow.objects.count() == 2


def test_a_document_renamed_meanwhile_is_found_by_its_new_name(document, staged):
    task = staged("Otters swim.", "Beavers build.")
    changes.change(document, changes.Change(name="mammals.txt"))

    publishing.publish(task)

    document.refresh_from_db()
    found = retrieve([document.kb], "mammals", Options(threshold=0.0, weight=0.0))
    assert {scored.hit.document_name for scored in found.hits} == {"mammals.txt"}
    assert [(length, terms) for length, terms, _ in rows(document.kb)] == indexed(document)


def test_weights_follow_where_the_dataset_has_grown_much_meanwhile(document, kb, staged):
    task = staged("Otters swim.")
    before = Stage.objects.get().weights.to_text()
    other = DocumentFactory(kb=kb)
    space = EmbeddingSpace.objects.get()
    for number in range(30):
        text = f"long {number} " * 400
        chunk = Chunk.objects.create(pk=f"{number:016x}", document=other, kb=kb, content=text)
        LexicalRow.objects.filter(chunk=chunk).delete()
        indexing.index_terms(kb, {chunk: ""})
    assert space

    publishing.publish(task)

    assert LexicalRow.objects.get(document_id=document.pk).weights.to_text() != before


def test_staging_again_replaces(document, staged):
    task = staged("Otters swim.", "Beavers build.")
    draft = staging.draft(document, Passage("Otters dive.", ((0, 9),), 3), seq=0)

    with transaction.atomic():
        staging.put(task, [draft])

    assert [one.content for one in staging.of_task(task)] == ["Otters dive.", "Beavers build."]
    assert [stage.embedding is None for stage in Stage.objects.order_by("seq")] == [True, False]


@pytest.mark.parametrize("text", ["", "…", "\U0001f9a6 swims", "a\\b \"c\" 'd' {e}, f\tg\nh", "日本語の文章"])
def test_every_text_comes_through(document, staged, text):
    publishing.publish(staged("Otters swim.", text))

    assert list(Chunk.objects.order_by("seq").values_list("content", flat=True)) == ["Otters swim.", text]


def test_a_task_that_is_not_ours_is_not_held(document, staged):
    task = staged("Otters swim.")
    Task.objects.filter(pk=task.pk).update(state=TaskState.QUEUED)

    with pytest.raises(LeaseLost), transaction.atomic():
        staging.hold(task)


def test_of_very_many_no_word_waits_to_be_worked_in(document, staged, monkeypatch):
    monkeypatch.setattr(batches, "CHUNKS", 1)

    publishing.publish(staged("Otters swim.", "Beavers build."))

    found = retrieve([document.kb], "beavers", Options(threshold=0.0, weight=0.0))
    assert [scored.hit.content for scored in found.hits] == ["Beavers build."]
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('lexical_row_terms')")
        assert cursor.fetchone()[0] == 0  # pages that still waited
