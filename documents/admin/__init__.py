"""The console's pages of documents, tasks and test sets, and what these add to the page of datasets."""

from documents.admin import datasets, documents, evaluations, questions, reindexing, tasks, test_sets

__all__ = ["datasets", "documents", "evaluations", "questions", "reindexing", "tasks", "test_sets"]
