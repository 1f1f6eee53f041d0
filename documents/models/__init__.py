"""Documents, their files and bytes, and the tasks that work on them."""

from documents.models.blob import Blob, BlobState
from documents.models.document import Document, Run
from documents.models.file import File
from documents.models.task import Stage, Task, TaskState

__all__ = ["Blob", "BlobState", "Document", "File", "Run", "Stage", "Task", "TaskState"]
