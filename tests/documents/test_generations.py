"""A re-parse builds beside what is published, and takes over all that did not change (real documents: our handbook)."""

import itertools
import json
from functools import cache
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from documents import blobs, editing, jobs, queueing
from documents.models import Run
from documents.replacing import replace
from knowledgebases import embedders
from knowledgebases.models import Chunk, Knowledgebase, LexicalRow
from system.models import ModelEndpoint
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db(transaction=True)

HANDBOOK = sorted((Path(__file__).resolve().parents[2] / "docs" / "handbook").glob("*.md"))
TOKENS = 48  # of a chunk: many chunks of a few pages
PROVIDER = "OpenAI-API-Compatible"
SHARE = 0.05  # of the text that an edit changes
MOST = 0.07  # of the chunks that are embedded again


@cache
def handbook():
    """Our handbook as paragraphs, those of one page after those of the other."""
    return "\n\n".join(page.read_text() for page in HANDBOOK).split("\n\n")


def is_prose(text):
    return text[:1].isalpha()


def stretch(paragraphs, *, at):
    """The places of the prose in a stretch that holds SHARE of the text, from about `at` on."""
    rest = SHARE * sum(map(len, paragraphs))
    for place in range(int(at * len(paragraphs)), len(paragraphs)):
        if is_prose(paragraphs[place]) and (rest := rest - len(paragraphs[place])) > 0:
            yield place


def amendment(text):
    return text.swapcase()


def with_other_words(text):
    return [text.replace(" the ", " every ").replace(" a ", " some ") + " (revised)"]


def deleted(text):
    return []


def with_more_before(text):
    return [amendment(text), text]


def rewritten(text):
    return [amendment(text)]


def revised(edit, *, at):
    """The handbook with an edit of each paragraph of prose in a stretch."""
    paragraphs = handbook()
    places = set(stretch(paragraphs, at=at))
    return [new for place, text in enumerate(paragraphs) for new in (edit(text) if place in places else [text])]


@pytest.fixture
def asked():
    """The texts that reach the model."""
    return []


@pytest.fixture
def remote(owner, monkeypatch, asked):
    """A dataset with a remote model: what it embeds is counted, and costs nothing."""

    def answer(handler, request):
        texts = json.loads(request.body)["input"]
        asked.extend(texts)
        rows = [{"index": number, "embedding": [1.0, len(text), number + 1.0]} for number, text in enumerate(texts)]
        reply(handler, json.dumps({"data": rows}).encode())

    with serving(answer) as server:
        ModelEndpoint.objects.create(
            tenant=owner.tenant, provider=PROVIDER, name="e1", base_url=f"{server.url}/v1", dimension=3
        )
        monkeypatch.setattr(embedders, "_site", embedders.Site(private_endpoints=(server.endpoint,), slots=4))
        yield Knowledgebase.objects.create(
            tenant=owner.tenant,
            created_by=owner,
            name="Remote",
            embd_id=f"e1@{PROVIDER}",
            parser_config={"chunk_token_num": TOKENS},
        )


@pytest.fixture
def book(upload, remote):
    """The handbook, ingested."""
    document = upload("book.md", "\n\n".join(handbook()), to=remote)
    queueing.start([document.pk])
    jobs.wake()
    document.refresh_from_db()
    assert document.run == Run.DONE
    assert document.chunk_num > 200
    return document


@pytest.fixture
def revise(book):
    """Give the handbook another text and ingest it again."""

    def revise(paragraphs):
        text = ContentFile("\n\n".join(paragraphs).encode(), name="book.md")
        blob = blobs.store(book.kb.tenant, text)
        with transaction.atomic():
            assert replace(book, blob=blob, location="book.md")
        jobs.wake()
        book.refresh_from_db()
        assert book.run == Run.DONE

    return revise


@pytest.mark.parametrize("edit", [with_other_words, deleted, with_more_before, rewritten])
def test_a_revision_of_a_twentieth_in_one_place_embeds_little_more(book, revise, asked, edit):
    before = dict(Chunk.objects.values_list("pk", "content"))
    asked.clear()

    revise(revised(edit, at=0.3))

    after = dict(Chunk.objects.values_list("pk", "content"))
    assert before.keys() != after.keys()
    assert len(asked) <= MOST * len(after)
    assert len(before.keys() & after.keys()) >= (1 - MOST - SHARE) * len(after)
    assert book.published_gen == 2


def test_the_former_text_is_found_until_the_new_one_is_complete(book, revise, monkeypatch):
    seen = []
    from documents import publishing

    publish = publishing.publish
    monkeypatch.setattr(publishing, "publish", lambda task: seen.append(Chunk.objects.count()) or publish(task))
    count = Chunk.objects.count()

    revise(revised(deleted, at=0.5))

    assert set(seen) == {count}
    assert Chunk.objects.count() < count


def edited(document, text):
    """Edit the chunk that begins like a paragraph."""
    chunk = Chunk.objects.get(document=document, content__contains=text[:40])
    return editing.change(document, chunk, editing.Change(content="What people know better."))


def test_an_edited_chunk_stays_and_is_marked_where_its_passage_is_gone(book, revise):
    paragraphs = handbook()
    lost = next(stretch(paragraphs, at=0.5))
    kept = next(place for place, text in enumerate(paragraphs) if is_prose(text))
    gone, there = edited(book, paragraphs[lost]), edited(book, paragraphs[kept])
    typed = editing.add(book, "Typed in.")

    revise(revised(deleted, at=0.5))

    marks = dict(Chunk.objects.filter(by_hand=True).values_list("pk", "source_gone"))
    assert marks == {gone.pk: True, there.pk: False, typed.pk: False}
    assert Chunk.objects.get(pk=gone.pk).content == "What people know better."


def test_the_mark_goes_when_the_passage_is_back(book, revise):
    chunk = edited(book, handbook()[next(stretch(handbook(), at=0.5))])
    revise(revised(deleted, at=0.5))
    assert Chunk.objects.get(pk=chunk.pk).source_gone

    revise(handbook())

    assert not Chunk.objects.get(pk=chunk.pk).source_gone


def test_nothing_is_embedded_where_nothing_changed(book, revise, asked):
    asked.clear()
    rows = list(LexicalRow.objects.order_by("pk").values_list("pk", "length"))

    revise(itertools.chain(handbook(), [""]))

    assert asked == []
    assert list(LexicalRow.objects.order_by("pk").values_list("pk", "length")) == rows
