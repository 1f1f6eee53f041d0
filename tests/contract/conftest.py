"""What the contract tests of documents, chunks and retrieval share."""

import io

import pytest

from documents import editing, publishing, queueing, recipes
from documents.models import Document, Stage, Task
from knowledgebases import indexing
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, chunk_id
from tests.described import check_answers
from tests.factories import KnowledgebaseFactory


def named(name, content):
    """A file to upload; Django's own would change the name before it is sent."""
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.fixture(autouse=True)
def as_described(monkeypatch):
    """No answer of these tests, good or bad, is other than the OpenAPI document says."""
    check_answers(monkeypatch)


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="handbook")


@pytest.fixture
def foreign(stranger):
    """A dataset of a stranger with a document."""
    return KnowledgebaseFactory(owner=stranger, name="secret")


@pytest.fixture
def post_files(api):
    """Upload files given as names, or pairs of name and content, in one request."""

    def post_files(kb_id, *files, client=None, **fields):
        pairs = [(file, "content") if isinstance(file, str) else file for file in files]
        parts = [named(name, content.encode() if isinstance(content, str) else content) for name, content in pairs]
        return (client or api).post(f"/api/v1/datasets/{kb_id}/documents", {"file": parts, **fields})

    return post_files


@pytest.fixture
def upload(kb, post_files):
    """Upload one file through the API; returns the document."""

    def upload(name="note.txt", content="A note about otters.", to=None):
        answer = post_files((to or kb).pk, (name, content)).json()
        return Document.objects.select_related("kb").get(pk=answer["data"][0]["id"])

    return upload


@pytest.fixture
def publish():
    """Make texts the chunks of a document, as a worker would that has parsed and embedded it."""

    def publish(document, *texts, positions=()):
        queueing.start([document.pk])
        task = Task.objects.claim(owner="test", lease_seconds=60)
        embedder = embedder_for(document.kb)
        Task.objects.filter(pk=task.pk).update(space=indexing.space_of(embedder), recipe=recipes.recipe(document))
        for seq, (text, vector) in enumerate(zip(texts, embedder.embed(texts), strict=True)):
            columns = {"content": text, "kind": "text", "headings": [], "spans": [], "tokens": len(text.split())}
            Stage.objects.create(
                task=task,
                seq=seq,
                chunk=columns | {"positions": list(positions)},
                key=chunk_id(document.pk, text),
                digest=f"digest of {text}",
                embedding=vector,
            )
        publishing.publish(task)
        document.refresh_from_db()
        return document

    return publish


@pytest.fixture
def add_four():
    """Add four chunks to a document, as somebody does who needs no route for it; returns their ids."""

    def add_four(document, **how):
        return [editing.add(document, f"chunk test {number}", **how).pk for number in range(4)]

    return add_four


@pytest.fixture
def counted():
    """The number of chunks of a document, once all counters are found equal to the rows."""

    def counted(document):
        document.refresh_from_db()
        document.kb.refresh()
        rows = list(Chunk.objects.filter(document=document).values_list("tokens", flat=True))
        assert (document.chunk_num, document.token_num) == (len(rows), sum(rows))
        assert (document.kb.chunk_num, document.kb.token_num) == (len(rows), sum(rows))
        return document.chunk_num

    return counted
