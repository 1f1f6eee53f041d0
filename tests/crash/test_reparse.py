"""Killed anywhere while a document is parsed again, what is published is the former or the new generation, whole."""

import pytest
from django.db import connection

from documents import editing, publishing, queueing
from documents.models import Document
from knowledgebases.models import Chunk
from tests.crash.conftest import CONFIG
from tests.crash.dying import Content, ingest, sweep_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def changed(parsed):
    """A document that is done, has a chunk that a person added, and is to be cut otherwise."""

    def changed():
        document = parsed()
        editing.add(document, "Otters hold hands.")
        Document.objects.filter(pk=document.pk).update(parser_config={**CONFIG, "chunk_token_num": 48})
        queueing.start([document.pk])
        return document

    return changed


@pytest.fixture
def generations(changed):
    """What is published of such a document before and after."""
    document = changed()
    before = Content.of(document.pk)
    ingest()
    after = Content.of(document.pk)
    assert 0 < len(after) < len(before)
    return before, after


def mixed(generations):
    """What is wrong right after a death: chunks that are neither all former nor all new ones."""

    def mixed(document):
        return [] if Content.of(document.pk) in generations else ["neither the former nor the new generation"]

    return mixed


def kept(check):
    """What is wrong after recovery, the chunk that a person added looked at, too."""

    def kept(document):
        added = Chunk.objects.filter(document=document, by_hand=True, content="Otters hold hands.").count()
        return [*check(document), *([] if added == 1 else [f"{added} chunks of a person"])]

    return kept


def test_a_worker_that_dies_anywhere_while_it_parses_anew(changed, generations, is_done, none_bad):
    tally = sweep_of(
        "re-parse",
        changed,
        lambda document: ingest(),
        at_once=mixed(generations),
        check=kept(is_done(generations[1])),
    )

    none_bad(tally, at_least=45)


def test_publishing_in_two_transactions_is_found_bad(changed, generations):
    def publish_in_two(document):
        def split(execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if "rag_chunk " in sql or '"rag_chunk"' in sql:
                connection.connection.commit()
            return result

        real = publishing.publish

        def publish(task):
            with connection.execute_wrapper(split):
                real(task)

        publishing.publish = publish  # in a process that is about to end
        ingest()

    def caught(tally):
        return any("neither the former nor the new generation" in problem for problem in tally.bad)

    tally = sweep_of("publish in two", changed, publish_in_two, at_once=mixed(generations), stop=caught)

    assert caught(tally)
