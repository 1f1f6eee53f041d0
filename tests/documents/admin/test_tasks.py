from django.urls import reverse

from documents import queueing
from documents.models import Task, TaskState
from documents.progress import fail_or_retry
from system.errors import Misconfigured
from tests.factories import DocumentFactory, KnowledgebaseFactory

LIST = "/admin/documents/task/"


def test_a_failed_task_is_run_again_as_a_new_one(console, claimed):
    task = claimed()
    fail_or_retry(task, Misconfigured("The model is not set up."))

    assert "The model is not set up." in console.get(LIST).content.decode()
    console.post(LIST, {"action": "run_again", "_selected_action": [task.pk]})

    assert [(one.gen, one.state) for one in Task.objects.order_by("gen")] == [
        (1, TaskState.FAILED),
        (2, TaskState.QUEUED),
    ]


def test_who_may_only_look_runs_nothing(console_with, claimed):
    task = claimed()

    console_with("documents.view_task").post(LIST, {"action": "run_again", "_selected_action": [task.pk]})

    assert Task.objects.get().state == TaskState.RUNNING


def test_a_task_is_read_only(console, claimed):
    page = reverse("admin:documents_task_change", args=[claimed().pk])

    assert console.get(page).status_code == 200
    assert console.post(page, {"state": "done"}).status_code == 403


def test_the_list_costs_the_same_for_many_tasks(console, owner, django_assert_max_num_queries):
    kb = KnowledgebaseFactory(owner=owner)
    queueing.start([DocumentFactory(kb=kb).pk for _ in range(50)])

    with django_assert_max_num_queries(8):
        assert console.get(LIST).content.decode().count("data-running") == 50
