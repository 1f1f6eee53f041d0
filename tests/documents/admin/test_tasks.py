import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from documents import queueing
from documents.models import Document, Run, Task, TaskState
from documents.models.claiming import QUARANTINE
from documents.progress import fail_or_retry
from system.errors import Misconfigured
from tests.factories import DocumentFactory, KnowledgebaseFactory

LIST = "/admin/documents/task/"


def test_a_failed_task_is_run_again_as_a_new_one(console, claimed):
    task = claimed()
    fail_or_retry(task, Misconfigured("The model is not set up."))

    assert "The model is not set up." in console.get(LIST).content.decode()
    console.post(LIST, {"action": "retry", "_selected_action": [task.pk]})

    assert [(one.gen, one.state) for one in Task.objects.order_by("gen")] == [
        (1, TaskState.FAILED),
        (2, TaskState.QUEUED),
    ]


def test_what_runs_is_stopped_and_what_has_ended_is_not(console, upload, claimed):
    running, done = claimed(upload("a.txt")), claimed(upload("b.txt"))
    Task.objects.filter(pk=done.pk).update(state=TaskState.DONE)

    console.post(LIST, {"action": "stop", "_selected_action": [running.pk, done.pk]})

    assert {task.pk: task.state for task in Task.objects.all()} == {
        running.pk: TaskState.CANCELED,
        done.pk: TaskState.DONE,
    }
    assert LogEntry.objects.get().object_id == running.document_id


def test_an_old_failure_of_a_document_that_is_done_is_not_retried(console, claimed, document):
    task = claimed()
    fail_or_retry(task, Misconfigured("The model is not set up."))
    Document.objects.filter(pk=document.pk).update(run=Run.DONE)

    console.post(LIST, {"action": "retry", "_selected_action": [task.pk]})

    assert Task.objects.count() == 1


@pytest.mark.parametrize("action", ["stop", "retry"])
def test_who_may_only_look_runs_and_stops_nothing(console_with, upload, claimed, action):
    running, failed = claimed(upload("a.txt")), claimed(upload("b.txt"))
    fail_or_retry(failed, Misconfigured("The model is not set up."))

    console_with("documents.view_task").post(LIST, {"action": action, "_selected_action": [running.pk, failed.pk]})

    assert [task.state for task in Task.objects.order_by("pk")] == [TaskState.RUNNING, TaskState.FAILED]


def test_tasks_in_quarantine_are_marked_and_found(console, upload, claimed):
    suspect, other = claimed(upload("suspect.txt")), claimed(upload("other.txt"))
    Task.objects.filter(pk=suspect.pk).update(lost=QUARANTINE)

    assert console.get(LIST).content.decode().count(">quarantine<") == 1
    shown = console.get(LIST, {"quarantine": "in"})
    assert list(shown.context["cl"].queryset) == [suspect]
    assert list(console.get(LIST, {"state__exact": "running"}).context["cl"].queryset) == [other, suspect]


def test_a_task_is_read_only(console, claimed):
    page = reverse("admin:documents_task_change", args=[claimed().pk])

    assert console.get(page).status_code == 200
    assert console.post(page, {"state": "done"}).status_code == 403


def test_the_list_costs_the_same_for_many_tasks(console, owner, django_assert_max_num_queries):
    kb = KnowledgebaseFactory(owner=owner)
    queueing.start([DocumentFactory(kb=kb).pk for _ in range(50)])

    with django_assert_max_num_queries(8):
        assert console.get(LIST).content.decode().count("data-running") == 50
