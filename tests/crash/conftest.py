"""A dataset whose documents are tiny, and everything that a death needs at hand before the fork."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import queueing, uploads
from documents.models import Run
from knowledgebases import embedders
from knowledgebases.models import Knowledgebase
from system.models import DEFAULT_EMBEDDING_MODEL
from tests.crash.dying import Content, ingest

TEXT = "\n".join(
    f"Otter {number} of the pond eats fish number {number}, and sleeps {number} hours a day." for number in range(4)
).encode()
# The name has no share in vectors, so that documents of other names can be compared.
CONFIG = {"chunk_token_num": 24, "delimiter": "\n", "filename_embd_weight": 0}


@pytest.fixture(autouse=True)
def _calm(settings, valkey_url):
    """Nothing happens by itself in between: no heartbeat, no waiting."""
    settings.RAG_HEARTBEAT_SECONDS = 3600
    settings.RAG_BLOB_GRACE_SECONDS = -1
    settings.RAG_EMBED_THREADS = 1
    embedders.configure(threads=1)
    embedders.local_embedder().embed(["ready"])


@pytest.fixture
def kb(transactional_db, owner):
    return Knowledgebase.objects.create(
        tenant=owner.tenant, created_by=owner, name="Otters", embd_id=DEFAULT_EMBEDDING_MODEL, parser_config=CONFIG
    )


@pytest.fixture
def upload(kb, owner):
    """Upload the text, or another, under a fresh name of constant length."""
    names = iter(range(10_000))

    def upload(data=TEXT, suffix="txt", to=None):
        name = f"note{next(names):04}.{suffix}"
        return uploads.add_one(to or kb, user=owner, file=SimpleUploadedFile(name, data))

    return upload


@pytest.fixture
def started(upload):
    """Upload and start."""

    def started(**kwargs):
        document = upload(**kwargs)
        queueing.start([document.pk])
        return document

    return started


@pytest.fixture
def parsed(started):
    """Upload, start, and do the work."""

    def parsed(**kwargs):
        document = started(**kwargs)
        ingest()
        document.refresh_from_db()
        assert document.run == Run.DONE, document.progress_msg
        return document

    return parsed


@pytest.fixture
def expected(parsed):
    """What becomes of the text when nobody disturbs it."""
    content = Content.of(parsed().pk)
    assert len(content) >= 3
    return content


@pytest.fixture
def is_done():
    """What is wrong with a document that should be done, and have this content."""

    def is_done(expected):
        def problems(document):
            document.refresh_from_db()
            if document.run != Run.DONE:
                return [f"run {document.run}: {document.progress_msg}"]
            return [] if Content.of(document.pk) == expected else ["other chunks than undisturbed"]

        return problems

    return is_done


@pytest.fixture
def none_bad(record_property):
    """Say how many deaths there were, and that none did harm."""

    def none_bad(tally, *, at_least):
        record_property("deaths", tally.deaths)
        record_property("bad", len(tally.bad))
        print(f"{tally.deed}: {tally.deaths} deaths, {len(tally.bad)} bad")
        assert not tally.bad, "\n".join(tally.bad[:20])
        assert tally.deaths >= at_least

    return none_bad
