"""Documents, their files and bytes, and the tasks that work on them."""

from documents.models.blob import Blob, BlobState
from documents.models.cut import Cut
from documents.models.deleted_chunk import DeletedChunk
from documents.models.document import Document, Run
from documents.models.file import File
from documents.models.removed import Removed
from documents.models.reservation import Reservation
from documents.models.task import Stage, Task, TaskState

__all__ = [
    "Blob",
    "BlobState",
    "Cut",
    "DeletedChunk",
    "Document",
    "File",
    "Removed",
    "Reservation",
    "Run",
    "Stage",
    "Task",
    "TaskState",
]
