"""Documents, their files and bytes, and the tasks that work on them."""

from documents.models.blob import Blob, BlobState
from documents.models.deleted_chunk import DeletedChunk
from documents.models.document import Document, Run
from documents.models.file import File
from documents.models.task import Stage, Task, TaskState

__all__ = ["Blob", "BlobState", "DeletedChunk", "Document", "File", "Run", "Stage", "Task", "TaskState"]
