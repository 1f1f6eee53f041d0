"""What the tests of the documents app share: a dataset, uploads, claimed tasks, staged chunks."""

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import publishing, queueing, recipes, uploads
from documents.models import Stage, Task
from knowledgebases import indexing
from knowledgebases.embedding import embedder_for
from knowledgebases.models import EmbeddingSpace, Knowledgebase, chunk_id
from system.models import DEFAULT_EMBEDDING_MODEL


@pytest.fixture
def kb(owner):
    return Knowledgebase.objects.create(
        tenant=owner.tenant, created_by=owner, name="Handbook", embd_id=DEFAULT_EMBEDDING_MODEL
    )


@pytest.fixture
def upload(kb, owner):
    """Upload a text under a name; returns the document."""

    def upload(name="note.txt", content="A note about otters.", to=None):
        data = content.encode() if isinstance(content, str) else content
        return uploads.add_one(to or kb, user=owner, file=SimpleUploadedFile(name, data))

    return upload


@pytest.fixture
def document(upload):
    return upload()


@pytest.fixture
def claimed(document):
    """Start a document and claim its task."""

    def claimed(document=document, *, lease_seconds=60.0, owner="test"):
        queueing.start([document.pk])
        return Task.objects.claim(owner=owner, lease_seconds=lease_seconds)

    return claimed


@pytest.fixture
def stage():
    """Stage chunks with made-up vectors, as a worker would that has parsed and embedded them."""

    def stage(task, texts):
        space, _ = EmbeddingSpace.objects.get_or_create(model_id="made-up", revision="1", dimension=384, floor=0.1)
        Task.objects.filter(pk=task.pk).update(space=space)
        for seq, text in enumerate(texts):
            vector = np.random.default_rng(len(text)).normal(size=384)
            Stage.objects.create(
                task=task,
                seq=seq,
                chunk={"content": text, "kind": "text", "headings": [], "positions": [], "spans": [], "tokens": 5},
                key=chunk_id(task.document_id, text),
                digest=f"digest of {text}",
                embedding=vector / np.linalg.norm(vector),
            )

    return stage


@pytest.fixture
def work(stage):
    """Do the work on the task that waits: its document becomes `texts`."""

    def work(*texts):
        task = Task.objects.claim(owner="test", lease_seconds=60)
        stage(task, texts)
        space = indexing.space_of(embedder_for(task.document.kb))  # what is typed in besides is embedded for real
        Task.objects.filter(pk=task.pk).update(recipe=recipes.recipe(task.document), space=space)
        publishing.publish(task)

    return work


@pytest.fixture
def done(document, work):
    """A document that is done, with the chunks one, two, three."""
    queueing.run([document.pk])
    work("one", "two", "three")
    document.refresh_from_db()
    return document
