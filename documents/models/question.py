"""Test sets: questions to a dataset, and what was judged to answer them."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower

from documents.models.document import Document
from knowledgebases.models import Chunk, Knowledgebase
from system.models.base import Row

NAME_CHARS = 128
KEY_CHARS = 128
QUESTION_CHARS = 10_000  # as a search takes them
BEST = 100
"""The highest grade."""


class QuestionSet(Row):
    """A test set of a dataset. (Not `TestSet`, which pytest would take for tests.)"""

    kb = models.ForeignKey(
        Knowledgebase, models.CASCADE, db_index=False, related_name="question_sets", verbose_name="dataset"
    )
    name = models.CharField(max_length=NAME_CHARS)

    class Meta:
        db_table = "rag_question_set"
        verbose_name = "test set"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                F("kb"),
                Lower("name"),
                name="question_set_name",
                violation_error_message="The dataset has a test set of that name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Question(Row):
    """A question of a test set; `key` is what imports and exports know it by."""

    question_set = models.ForeignKey(
        QuestionSet, models.CASCADE, db_index=False, related_name="questions", verbose_name="test set"
    )
    key = models.CharField(max_length=KEY_CHARS)
    text = models.TextField("question", max_length=QUESTION_CHARS)

    class Meta:
        db_table = "rag_question"
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["question_set", "key"], name="question_key")]

    def __str__(self) -> str:
        return self.text[:80]


_DOCUMENT = Document.objects.filter(pk=OuterRef("document_id"), deleted_at=None)
_CHUNK = Chunk.objects.filter(pk=OuterRef("chunk_id"))
_GONE = ~Exists(_DOCUMENT) | (~Q(chunk_id="") & ~Exists(_CHUNK))


class JudgementQuerySet(models.QuerySet["Judgement"]):
    """Rules over judgements: whether a search can still find what they name."""

    def with_gone(self) -> Self:
        """Annotate `gone`: the document is deleted, or the chunk."""
        return self.annotate(gone=_GONE)

    def gone(self) -> Self:
        """Those that say nothing any more."""
        return self.filter(_GONE)


class Judgement(models.Model):
    """How well a document, or one chunk of it, answers a question.

    It outlives the document, and tells by its name what is gone: evaluations leave it out, and say so.
    """

    question = models.ForeignKey(Question, models.CASCADE, db_index=False, related_name="judgements")
    document = models.ForeignKey(Document, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    name = models.CharField(max_length=255, help_text="Of the document, when it was judged.")
    chunk_id = models.CharField(max_length=32, default="", blank=True, help_text="Empty: the document as a whole.")
    grade = models.PositiveSmallIntegerField(default=1, help_text="0: does not answer.")

    objects = JudgementQuerySet.as_manager()

    class Meta:
        db_table = "rag_judgement"
        ordering = ["-grade", "id"]
        constraints = [
            models.UniqueConstraint(fields=["question", "document", "chunk_id"], name="judgement_once"),
            models.CheckConstraint(condition=Q(grade__lte=BEST), name="judgement_grade"),
        ]

    def __str__(self) -> str:
        return self.name
