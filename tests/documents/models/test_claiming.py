"""Which task is claimed: fairness over tenants, order within one, and what waits in the way."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents import progress, queueing
from documents.models import Task, TaskState
from documents.models.claiming import BEGUN, CLAIM, INTERACTIVE, QUARANTINE
from system.errors import Unavailable
from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued():
    """Queue so many tasks in a dataset, by default one of a tenant of its own; returns the tenant's id."""

    def queued(number, kb=None):
        kb = kb or KnowledgebaseFactory(owner=UserFactory())
        Task.objects.bulk_create(
            Task(document=DocumentFactory(kb=kb), kb=kb, tenant=kb.tenant, gen=1) for _ in range(number)
        )
        return kb.tenant_id

    return queued


def claim():
    return Task.objects.claim(owner="test", lease_seconds=60)


def finish(task):
    Task.objects.filter(pk=task.pk).update(state=TaskState.DONE)


def later(rows, seconds=3600):
    rows.update(run_after=timezone.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize("end", [lambda task: None, finish], ids=["tasks that run on", "tasks that end at once"])
def test_small_tenants_are_served_in_turn_behind_a_large_one(queued, end):
    large = queued(60)
    small = {queued(3) for _ in range(6)}

    served = []
    while Counter(served).total() - served.count(large) < 18:
        task = claim()
        served.append(task.tenant_id)
        end(task)

    assert set(served[:7]) == {large, *small}
    assert len(served) <= 21


def test_a_tenant_whose_tasks_all_wait_stands_in_nobodys_way(queued):
    waiting, ready = queued(5), queued(2)
    later(Task.objects.filter(tenant=waiting))

    assert [claim().tenant_id, claim().tenant_id] == [ready, ready]
    assert claim() is None


def test_what_may_run_goes_before_what_waits_whatever_their_order(queued):
    queued(5)
    last = Task.objects.order_by("pk").last()
    later(Task.objects.exclude(pk=last.pk))

    assert claim().pk == last.pk
    assert claim() is None


def test_a_lower_priority_goes_while_the_higher_waits(queued):
    queued(3)
    urgent, *others = Task.objects.order_by("pk")
    Task.objects.filter(pk=urgent.pk).update(priority=9, run_after=timezone.now() + timedelta(hours=1))

    assert {claim().pk, claim().pk} == {task.pk for task in others}
    assert claim() is None


def test_a_single_document_goes_before_those_that_were_started_together(upload):
    many = [upload(f"{number}.txt").pk for number in range(3)]
    queueing.start(many)
    single = upload("urgent.txt")
    queueing.start([single.pk])

    task = claim()

    assert (task.document_id, task.priority) == (single.pk, INTERACTIVE)


def test_what_was_begun_goes_on_before_more_is_begun(upload):
    queueing.start([upload(f"{number}.txt").pk for number in range(3)])
    begun = claim()

    progress.fail_or_retry(begun, Unavailable("busy"))
    Task.objects.filter(pk=begun.pk).update(run_after=timezone.now())

    again = claim()
    assert (again.pk, again.priority) == (begun.pk, BEGUN)


def test_a_paused_task_is_not_claimed(queued):
    queued(2)
    Task.objects.update(state=TaskState.PAUSED)

    assert claim() is None


def test_a_task_in_quarantine_runs_when_nothing_else_can_and_alone(queued):
    queued(2)
    bad, good = Task.objects.order_by("pk")
    Task.objects.filter(pk=bad.pk).update(lost=QUARANTINE, priority=9)

    first = claim()
    assert (first.pk, claim()) == (good.pk, None)  # not beside a task that runs
    finish(first)
    assert claim().pk == bad.pk
    queued(1)
    assert claim() is None  # and nothing beside it


def test_a_claim_reads_the_same_few_rows_however_many_wait(queued):
    queued(1)
    waiting = queued(400)
    later(Task.objects.filter(tenant=waiting))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE rag_task")
        cursor.execute("SET LOCAL enable_seqscan = off")
        given = {"owner": "test", "lease": 1, "quarantine": QUARANTINE}
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM}", given)
        (plan,) = cursor.fetchone()[0]

    assert most_rows(plan["Plan"]) < 20


def most_rows(node):
    """The most rows that a node of a plan read, those thrown away included."""
    loops = node.get("Actual Loops", 0)
    read = loops * (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0))
    return max([read, *(most_rows(child) for child in node.get("Plans", []))])


def test_a_claim_is_one_statement(queued):
    queued(1)

    with CaptureQueriesContext(connection) as queries:
        claim()

    assert len(queries) == 1
