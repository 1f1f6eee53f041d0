"""Evaluations: how well one way to search answered a test set."""

from django.db import models

from documents.models.question import KEY_CHARS, Question, QuestionSet
from system.models.base import Row


class Evaluation(Row):
    """One pass over the questions of a test set, searched one way; never changed afterwards."""

    question_set = models.ForeignKey(
        QuestionSet, models.CASCADE, db_index=False, related_name="evaluations", verbose_name="test set"
    )
    setting = models.JSONField(default=dict, help_text="What searches were told.")
    effective = models.JSONField(default=dict, help_text="What they went by: the rest was as the dataset had it.")
    model = models.CharField("embedding model", max_length=255, help_text="Of the dataset, at that time.")
    chunks = models.BigIntegerField(help_text="Of the dataset, at that time.")
    hits = models.PositiveIntegerField(help_text="Chunks that each search was asked for.")
    metrics = models.JSONField(default=dict, help_text="Means over the questions, in the order asked for.")
    names = models.JSONField(default=list, help_text="Of the metrics; the first is what questions are sorted by.")
    timings = models.JSONField(default=dict, help_text="Milliseconds: p50 and p95 of searches and of embeddings.")
    questions = models.PositiveIntegerField(help_text="That were asked.")
    sample = models.PositiveIntegerField(null=True, help_text="How many were to be asked; empty: all.")
    unjudged = models.PositiveIntegerField(default=0, help_text="Questions left out: nothing is left to be found.")
    gone = models.PositiveIntegerField(default=0, help_text="Judgements left out: what they name is gone.")
    degraded = models.PositiveIntegerField(default=0, help_text="Searches that had to do without a model.")
    seconds = models.FloatField(default=0, help_text="That the pass took, without the embedding of questions.")

    class Meta:
        db_table = "rag_evaluation"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["question_set", "-created_at"], name="evaluation_recent")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    @property
    def figures(self) -> str:
        """The metrics in a line."""
        return " · ".join(f"{name} {self.metrics[name]:.3f}" for name in self.names)


class EvaluatedQuestion(models.Model):
    """What one question of an evaluation came to; its key and text are those of then."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, db_index=False, related_name="results")
    question = models.ForeignKey(Question, models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=KEY_CHARS)
    text = models.TextField()
    asked = models.CharField(max_length=64, help_text="Digest of the text and of what was judged to answer it.")
    score = models.FloatField(help_text="By the first metric.")
    values = models.JSONField(help_text="By metric.")
    place = models.PositiveIntegerField(null=True, help_text="Of the first that answers, from 1; empty: not found.")
    found = models.JSONField(default=list, help_text="The first few that were found.")
    milliseconds = models.FloatField(help_text="That the search took.")
    degraded = models.TextField(default="", blank=True, help_text="Why the search had to do without a model.")

    class Meta:
        db_table = "rag_evaluated_question"
        ordering = ["score", "id"]
        indexes = [models.Index(fields=["evaluation", "score", "id"], name="evaluated_worst")]

    def __str__(self) -> str:
        return self.text[:80]
