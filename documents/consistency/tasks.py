"""Tasks against their documents: what is open, who works on it, and what it makes of the document."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from documents import progress, queueing
from documents.consistency.base import Finding, Scope, found
from documents.models import Document, Run, Task, TaskState
from documents.models.task import OPEN
from system.transactions import retried

_DEAD = """
    SELECT t.id, t.kb_id, format('%%s task of %%s', t.state,
        CASE WHEN d.deleted_at IS NULL THEN 'generation ' || t.gen || ', given up for ' || d.gen
             ELSE 'a deleted document' END)
    FROM rag_task t JOIN rag_document d ON d.id = t.document_id
    WHERE t.state IN ('queued', 'paused', 'running') AND (d.deleted_at IS NOT NULL OR t.gen <> d.gen)
      AND (%(kb)s::text IS NULL OR t.kb_id = %(kb)s)
"""
_LEASES = """
    SELECT id, kb_id, CASE state WHEN 'running' THEN 'a running task without a lease: nobody would take it back'
                      ELSE 'a lease on a task that is ' || state END
    FROM rag_task
    WHERE (lease_until IS NULL) = (state = 'running') AND (%(kb)s::text IS NULL OR kb_id = %(kb)s)
"""
_RUNS = """
    SELECT d.id, d.kb_id, format('run %%s, progress %%s, generation %%s with %%s published; tasks: %%s',
                                 d.run, d.progress, d.gen, d.published_gen, coalesce(t.states, 'none'))
    FROM rag_document d
    LEFT JOIN (SELECT document_id, gen, bool_or(state IN ('queued', 'paused', 'running')) AS open,
                      bool_or(state = 'failed') AS failed, bool_or(state = 'canceled') AS canceled,
                      bool_and(state = 'done') AS done, string_agg(DISTINCT state, ', ') AS states
               FROM rag_task WHERE %(kb)s::text IS NULL OR kb_id = %(kb)s GROUP BY document_id, gen) t
           ON t.document_id = d.id AND t.gen = d.gen
    WHERE d.deleted_at IS NULL AND (%(kb)s::text IS NULL OR d.kb_id = %(kb)s) AND NOT CASE
        WHEN coalesce(t.open, false) THEN d.run = '1' AND d.progress > 0 AND d.progress < 1
        WHEN d.run = '0' THEN d.progress = 0 AND d.published_gen = 0
        WHEN d.run = '2' THEN d.progress = 0 AND coalesce(t.canceled OR t.failed, true)
        WHEN d.run = '3' THEN d.progress = 1 AND d.published_gen = d.gen AND coalesce(t.done, true)
        WHEN d.run = '4' THEN d.progress = -1 AND coalesce(t.failed, true)
        ELSE false END
"""


class DeadTasks:
    """Open tasks of deleted documents, and of generations that were given up."""

    name = "dead-tasks"
    meaning = "Workers spend time on what nobody will see."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Such tasks."""
        return found(_DEAD, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Cancel the task."""
        document = _document_of(finding.key)
        if document is None:
            return ""
        tasks = Task.objects.open().filter(pk=finding.key)
        if document.deleted_at is None:
            tasks = tasks.exclude(gen=document.gen)
        return "canceled" if tasks.update(**_ended(TaskState.CANCELED)) else ""


class Leases:
    """Running tasks have a lease, others have none."""

    name = "leases"
    meaning = "A task runs for ever in the lists, and no worker is at it."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Tasks of which that is not true."""
        return found(_LEASES, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Give the running one a lease: a worker that is at it prolongs it, else the sweeper takes it back."""
        if _document_of(finding.key) is None:
            return ""
        tasks = Task.objects.filter(pk=finding.key)
        until = timezone.now() + timedelta(seconds=settings.RAG_LEASE_SECONDS)
        if tasks.filter(state=TaskState.RUNNING, lease_until=None).update(lease_until=until):
            return "given a lease that runs out"
        return "lease ended" if tasks.exclude(state=TaskState.RUNNING).update(lease_until=None) else ""


class Runs:
    """`run` and `progress` of a document follow from the tasks of its generation."""

    name = "runs"
    meaning = "A document is shown as being parsed while nobody will do it, or as done while it is not."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents of which that is not true."""
        return found(_RUNS, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Derive them; begin again where the work was asked for and nothing is left of it."""
        document = progress.locked(finding.key)
        if document is None:
            return ""
        before = (document.run, document.progress)
        if _is_to_begin_again(document):
            queueing.start([document.pk])
            return "queued again"
        return (
            f"run {document.run}, progress {document.progress:g}" if before != (document.run, document.progress) else ""
        )


def _is_to_begin_again(document: Document) -> bool:
    """Set what follows from the tasks of a locked document; whether nothing does, and it has to be parsed again."""
    states = set(Task.objects.filter(document=document, gen=document.gen).values_list("state", flat=True))
    if states & set(OPEN):
        progress.derive(document)
        return False
    if document.run == Run.UNSTART and not document.published_gen:
        return _set(document, Run.UNSTART)
    if states & {TaskState.FAILED, TaskState.CANCELED}:
        progress.derive(document)
        return False
    if document.published_gen == document.gen and (states or document.run != Run.RUNNING):
        return _set(document, Run.DONE)
    if states or document.run in {Run.RUNNING, Run.DONE, Run.UNSTART}:
        return True
    return _set(document, Run(document.run))


def _set(document: Document, run: Run) -> bool:
    document.run, document.progress = run, {Run.DONE: 1.0, Run.FAIL: -1.0}.get(run, 0.0)
    document.save(update_fields=["run", "progress"])
    return False


def _document_of(task_id: str) -> Document | None:
    """The document of a task, its row locked: tasks change behind that lock."""
    rows = Document.objects.select_for_update(no_key=True)
    return rows.filter(pk__in=Task.objects.filter(pk=task_id).values("document")).first()


def _ended(state: TaskState) -> dict[str, object]:
    return {"state": state, "lease_until": None, "finished_at": timezone.now()}
