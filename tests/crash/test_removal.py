"""Killed anywhere while something is removed, it is there or gone, and nothing of it is left behind."""

import pytest
from django.utils import timezone

from documents import removal, sweeping
from documents.models import Document, Task
from knowledgebases import datasets
from knowledgebases.models import Knowledgebase
from system.models import DEFAULT_EMBEDDING_MODEL
from tests.crash.conftest import CONFIG
from tests.crash.dying import Content, ingest, recover, sweep_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_death_anywhere_while_a_document_is_deleted(parsed, expected, none_bad):
    def halved(document):
        content = Content.of(document.pk)
        return [] if content == expected or not len(content) else ["a part of its chunks"]

    def gone_or_whole(document):
        problems = []
        if Document.objects.filter(pk=document.pk).exists():
            problems = halved(document)
            removal.remove([document.pk])
            recover()
        return problems + (["still there"] if Document.objects.filter(pk=document.pk).exists() else [])

    tally = sweep_of(
        "delete", parsed, lambda document: removal.remove([document.pk]), at_once=halved, check=gone_or_whole
    )

    none_bad(tally, at_least=10)


def test_a_death_anywhere_while_a_running_document_is_deleted_and_swept(started, none_bad):
    def claimed():
        document = started()
        Task.objects.claim(owner="a worker", lease_seconds=60)
        return document

    def delete(document):
        removal.remove([document.pk])
        sweeping.sweep()

    tally = sweep_of("delete and sweep", claimed, delete, check=lambda document: [])

    none_bad(tally, at_least=40)


def test_a_death_anywhere_while_a_dataset_is_deleted_and_swept(owner, parsed, started, none_bad):
    def filled():
        made = Knowledgebase.objects.create(
            tenant=owner.tenant,
            created_by=owner,
            name=f"of {timezone.now()}",
            embd_id=DEFAULT_EMBEDDING_MODEL,
            parser_config=CONFIG,
        )
        parsed(to=made)
        started(to=made)
        return made

    def delete(made):
        datasets.delete(owner, [made.pk])
        sweeping.sweep()

    def gone(made):
        if Knowledgebase.objects.filter(pk=made.pk, deleted_at=None).exists():
            ingest()
            delete(made)
            recover()
        return ["still there"] if Knowledgebase.objects.filter(pk=made.pk).exists() else []

    none_bad(sweep_of("delete dataset", filled, delete, check=gone), at_least=50)


def test_a_sweeper_that_dies_anywhere(started, expected, is_done, none_bad):
    def lost():
        document = started()
        Task.objects.claim(owner="a dead worker", lease_seconds=-1)
        return document

    none_bad(sweep_of("sweep", lost, lambda document: sweeping.sweep(), check=is_done(expected)), at_least=15)
