"""The transaction that makes finished work visible."""

from django.db.models import QuerySet
from django.utils import timezone

from documents import generations, recipes
from documents.leases import LeaseLost
from documents.models import Blob, BlobState, Document, Task, TaskState
from documents.models.log import line, logged
from documents.progress import derive, locked
from documents.switching import switch
from knowledgebases import indexing
from knowledgebases.models import EmbeddingSpace
from system.errors import Misconfigured
from system.transactions import retried


@retried
def publish(task: Task) -> None:
    """Mark `task` done; with the last task of its generation, switch the document over to that generation.

    Where the dataset changed over to another embedding model since, the document begins another generation instead.
    One transaction that rolls back where the task is not ours any more, the document is gone, or a newer generation
    was begun: raises LeaseLost then. A second call for the same task changes nothing.
    """
    document = locked(task.document_id, gen=task.gen)
    mine = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING)
    done = line("Task done")
    if document is None or not mine.update(
        state=TaskState.DONE, progress=1, message=done, log=logged(done), lease_until=None, finished_at=timezone.now()
    ):
        raise LeaseLost(str(task))
    siblings = Task.objects.filter(document=document, gen=document.gen)
    if siblings.exclude(state=TaskState.DONE).exists():
        derive(document)
        return
    if _outdated(document, siblings):
        generations.begin([document.pk], priority=task.priority)
        document.refresh_from_db()
        derive(document, "The dataset changed over to another embedding model meanwhile; queued again.")
        return
    count = switch(document, _space(siblings))
    document.published_gen, document.published_recipe = document.gen, _recipe(siblings)
    document.save(update_fields=["published_gen", "published_recipe"])
    Blob.objects.filter(pk=document.blob_id).exclude(state=BlobState.LIVE).mark(BlobState.LIVE)
    derive(document, f"{count} chunks. Task done")


def _outdated(document: Document, tasks: QuerySet[Task]) -> bool:
    """Whether vectors are of a space that the dataset left behind; from here on it stays in the one that it is in."""
    indexing.steady(document.kb)
    spaces = set(tasks.exclude(space=None).values_list("space", flat=True))
    moved = document.kb.space_id is not None and not spaces <= {document.kb.space_id}
    # Made from the same, it would come to the same again: the model itself has changed, and somebody has to be told.
    return moved and _recipe(tasks) != recipes.recipe(document)


def _space(tasks: QuerySet[Task]) -> EmbeddingSpace | None:
    """The one embedding space of the staged vectors; None where nothing was staged."""
    spaces = list(EmbeddingSpace.objects.filter(pk__in=tasks.values("space")))
    if len(spaces) > 1:
        raise Misconfigured("The embedding model changed while the document was being parsed. Parse it again.")
    return spaces[0] if spaces else None


def _recipe(tasks: QuerySet[Task]) -> str:
    """What the staged chunks were made from; empty where that changed between two tasks."""
    found = set(tasks.values_list("recipe", flat=True))
    return found.pop() if len(found) == 1 else ""
