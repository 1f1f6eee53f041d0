"""Evaluations on the wire, and in what `manage.py evaluate` prints."""

from typing import Any

from rest_framework import serializers

from system.rest.times import Milliseconds


class EvaluationSerializer(serializers.Serializer[Any]):
    """How well one way to search answered a test set."""

    id = serializers.CharField()
    create_time = Milliseconds(source="created_at")
    setting = serializers.DictField(help_text="What searches were told.")
    effective = serializers.DictField(help_text="What they went by: the rest was as the dataset had it.")
    metrics = serializers.DictField(child=serializers.FloatField(), help_text="Means over the questions, 0 to 1.")
    timings = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Milliseconds: `search_p50`, `search_p95`, and `embedding_p50`, `embedding_p95` of the questions, "
        "which are embedded before.",
    )
    questions = serializers.IntegerField(help_text="That were asked.")
    unjudged = serializers.IntegerField(help_text="Questions left out: nothing that answers them is left.")
    gone = serializers.IntegerField(help_text="Judgements left out: their document or chunk is gone.")
    degraded = serializers.IntegerField(help_text="Searches that had to do without a model.")
    hits = serializers.IntegerField(help_text="Chunks that each search was asked for.")
    sample = serializers.IntegerField(allow_null=True, help_text="How many questions were to be asked; null: all.")
    embedding_model = serializers.CharField(source="model", help_text="Of the dataset, at that time.")
    chunk_count = serializers.IntegerField(source="chunks", help_text="Of the dataset, at that time.")
    seconds = serializers.FloatField(help_text="That the searches took.")


class ComparedSerializer(serializers.Serializer[Any]):
    """One metric, over the questions that both asked."""

    before = serializers.FloatField()
    after = serializers.FloatField()
    difference = serializers.FloatField(source="difference.mean")
    p = serializers.FloatField(
        source="difference.p", help_text="How often chance alone makes such a difference: below 0.05 it hardly does."
    )
    better = serializers.IntegerField(source="difference.better", help_text="Questions that gained.")
    worse = serializers.IntegerField(source="difference.worse", help_text="Questions that lost.")


class ComparisonSerializer(serializers.Serializer[Any]):
    """What one evaluation gains over another, by a paired randomisation test."""

    before = serializers.CharField(source="before.pk", help_text="Id of the evaluation that is compared with.")
    after = serializers.CharField(source="after.pk")
    paired = serializers.IntegerField(help_text="Questions that both asked, with the same answers.")
    unpaired = serializers.IntegerField(help_text="Questions of either that are left out.")
    metrics = serializers.DictField(child=ComparedSerializer())


class EvaluatedSerializer(serializers.Serializer[Any]):
    """The evaluations that were made, one for each setting, and what each gains over the first (or the baseline)."""

    evaluations = EvaluationSerializer(many=True)
    comparisons = ComparisonSerializer(many=True)
