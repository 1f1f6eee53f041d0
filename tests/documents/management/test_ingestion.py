import io

import pytest
from django.core.management import CommandError, call_command

from documents import progress, queueing
from documents.models import Document, Run, Task, TaskState
from system.errors import Misconfigured

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """Run the command; returns what it prints."""

    def run(*words):
        out = io.StringIO()
        call_command("ingestion", *words, stdout=out)
        return out.getvalue().strip()

    return run


def test_a_dataset_is_paused_and_resumed(run, kb, document):
    queueing.start([document.pk])

    assert run("pause", "--dataset", kb.pk) == "paused: 1 datasets, 1 tasks"
    assert Task.objects.get().state == TaskState.PAUSED
    assert run("resume", "--all") == "resumed: 1 datasets, 1 tasks"
    assert Task.objects.get().state == TaskState.QUEUED


@pytest.mark.parametrize("way", ["dataset", "document", "all"])
def test_what_is_under_way_is_stopped_and_tried_again(run, kb, document, way):
    queueing.start([document.pk])
    words = {"dataset": ["--dataset", kb.pk], "document": ["--document", document.pk], "all": ["--all"]}[way]

    assert run("stop", *words) == "stopped: 1 documents"
    assert Document.objects.get().run == Run.CANCEL
    assert run("retry", *words) == "started anew: 0 documents"
    assert run("retry", "--stopped", *words) == "started anew: 1 documents"
    assert Document.objects.get().run == Run.RUNNING


def test_a_failed_document_is_tried_again(run, document, claimed):
    progress.fail_or_retry(claimed(), Misconfigured("No such model."))

    assert run("retry", "--all") == "started anew: 1 documents"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pause"], "Say what"),
        (["pause", "--all", "--dataset", "x"], "Say what"),
        (["pause", "--document", "x"], "cannot be paused"),
        (["resume", "--dataset", "x"], "There is no dataset x"),
        (["stop", "--document", "x"], "There is no document x"),
        (["stop", "--all", "--stopped"], "goes with retry"),
        (["delete", "--all"], "invalid choice"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused(run, words, told):
    with pytest.raises(CommandError, match=told):
        run(*words)


def test_a_full_queue_is_told(run, upload, settings):
    settings.RAG_QUOTAS = {**settings.RAG_QUOTAS, "queued_documents": 1}
    Document.objects.filter(pk__in=[upload("a.txt").pk, upload("b.txt").pk]).update(run=Run.FAIL, progress=-1)

    with pytest.raises(CommandError, match="may have 1 documents being processed"):
        run("retry", "--all")

    assert not Task.objects.exists()
