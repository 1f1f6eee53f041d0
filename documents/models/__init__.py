"""Documents, their files and bytes, the tasks that work on them, and the test sets that judge their search."""

from documents.models.blob import Blob, BlobState
from documents.models.cut import Cut
from documents.models.deleted_chunk import DeletedChunk
from documents.models.document import Document, Run
from documents.models.evaluation import EvaluatedQuestion, Evaluation
from documents.models.file import File
from documents.models.question import Judgement, Question, QuestionSet
from documents.models.reindex import Goal, Reindex, ReindexState, What
from documents.models.removed import Removed
from documents.models.reservation import Reservation
from documents.models.task import Stage, Task, TaskState

__all__ = [
    "Blob",
    "BlobState",
    "Cut",
    "DeletedChunk",
    "Document",
    "EvaluatedQuestion",
    "Evaluation",
    "File",
    "Goal",
    "Judgement",
    "Question",
    "QuestionSet",
    "Reindex",
    "ReindexState",
    "Removed",
    "Reservation",
    "Run",
    "Stage",
    "Task",
    "TaskState",
    "What",
]
