"""Test sets, questions and what these came to on the wire."""

from typing import Any

from rest_framework import serializers

from documents.rest.evaluation_output import ComparisonSerializer, EvaluationSerializer
from system.rest.times import Milliseconds


class TestSetSerializer(serializers.Serializer[Any]):
    """A test set, with its last evaluation."""

    id = serializers.CharField()
    name = serializers.CharField()
    dataset_id = serializers.CharField(source="kb_id")
    create_time = Milliseconds(source="created_at")
    update_time = Milliseconds(source="updated_at")
    questions = serializers.IntegerField(source="question_count")
    judgements = serializers.IntegerField(source="judgement_count")
    gone = serializers.IntegerField(source="gone_count", help_text="Judgements whose document or chunk is gone.")
    evaluation = EvaluationSerializer(source="last", allow_null=True, help_text="The last; null: there is none yet.")


class RelevantSerializer(serializers.Serializer[Any]):
    """What answers a question: a document or a chunk."""

    document = serializers.SerializerMethodField(help_text="Name of the document, as it was when it was judged.")
    chunk = serializers.SerializerMethodField(help_text="Id of the chunk; null: the document as a whole answers.")
    document_id = serializers.CharField()
    grade = serializers.IntegerField(help_text="0: does not answer.")
    gone = serializers.BooleanField(help_text="No search can find it any more.")

    def get_document(self, judgement: Any) -> str | None:
        """None beside a chunk, so that the object can be sent as it came."""
        return None if judgement.chunk_id else judgement.name

    def get_chunk(self, judgement: Any) -> str | None:
        """The chunk, if it was one that was judged."""
        return judgement.chunk_id or None


class QuestionSerializer(serializers.Serializer[Any]):
    """A question, and what answers it."""

    id = serializers.CharField(source="key")
    question = serializers.CharField(source="text")
    relevant = RelevantSerializer(many=True, source="judged")


class QuestionPage(serializers.Serializer[Any]):
    """A page of questions."""

    total = serializers.IntegerField()
    questions = QuestionSerializer(many=True)


class KeptSerializer(serializers.Serializer[Any]):
    """What became of questions that were sent."""

    added = serializers.IntegerField()
    replaced = serializers.IntegerField(help_text="Their ids were there already.")
    missing = serializers.IntegerField(help_text="Judgements left out: the dataset has nothing of that name.")
    left_out = serializers.IntegerField(help_text="Questions left out: all of their judgements were.")


class FoundSerializer(serializers.Serializer[Any]):
    """Something that was found."""

    document_id = serializers.CharField()
    document_name = serializers.CharField()
    chunk_id = serializers.CharField()


class ResultSerializer(serializers.Serializer[Any]):
    """What a question came to; id and text are those of then."""

    id = serializers.CharField(source="key")
    question = serializers.CharField(source="text")
    values = serializers.DictField(child=serializers.FloatField(), help_text="By metric.")
    place = serializers.IntegerField(allow_null=True, help_text="Of the first that answers, from 1; null: not found.")
    found = FoundSerializer(many=True, help_text="The first few.")
    milliseconds = serializers.FloatField()
    degraded = serializers.CharField(help_text="Why the search had to do without a model; empty: it did not.")


class EvaluationPage(serializers.Serializer[Any]):
    """A page of evaluations, the newest first."""

    total = serializers.IntegerField()
    evaluations = EvaluationSerializer(many=True)


class EvaluationDetail(EvaluationSerializer):
    """An evaluation, with a page of its questions, the worst by the first metric first."""

    results = ResultSerializer(many=True)
    comparison = ComparisonSerializer(allow_null=True, help_text="Where `baseline` was asked for.")
