"""The console's pages of documents and tasks."""

from documents.admin import documents, tasks

__all__ = ["documents", "tasks"]
