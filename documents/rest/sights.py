"""Progress on the wire: of documents, of their tasks, and of datasets."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.models import Run, Task, TaskState
from documents.watching.datasets import Summary
from documents.watching.sights import Sight
from documents.watching.waiting import KINDS, Waiting
from system.rest.times import Milliseconds


class WaitingSerializer(serializers.Serializer[Waiting]):
    """Why nobody is at a document."""

    kind = serializers.ChoiceField(KINDS, read_only=True)
    reason = serializers.CharField(read_only=True, help_text="For people: `3rd in line`, `no worker is alive`.")
    position = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="In its tenant's line, from 1; null where more than 1,000 are ahead."
    )
    next_try_time = Milliseconds(source="next_try", allow_null=True)


class SightSerializer(serializers.Serializer[Sight]):
    """How far a document is."""

    id = serializers.CharField(read_only=True)
    dataset_id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    run = serializers.ChoiceField([run.label for run in Run], source="run.label", read_only=True)
    under_way = serializers.BooleanField(read_only=True, help_text="Whether it waits or is being worked on.")
    progress = serializers.FloatField(read_only=True, help_text="0 to 1; -1 for a document that failed.")
    message = serializers.CharField(read_only=True, help_text="The last line of what happened.")
    summary = serializers.CharField(read_only=True, help_text="One line for people: what keeps it, or what it is at.")
    phase = serializers.SerializerMethodField(help_text="The step that is under way: `parse`, `embed`; empty: none.")
    phase_done = serializers.SerializerMethodField(help_text="Pages, chunks … of that step.")
    phase_total = serializers.SerializerMethodField(help_text="Of how many; 0 where that is not known.")
    waiting = serializers.SerializerMethodField(help_text="Null where nothing keeps it.")
    parts_done = serializers.IntegerField(read_only=True, help_text="Of those that a large file is split into.")
    parts_total = serializers.IntegerField(read_only=True, help_text="0 where nothing is under way.")
    chunk_count = serializers.IntegerField(source="chunks", read_only=True, help_text="That are searchable.")
    begin_time = Milliseconds(source="begun_at", allow_null=True)
    duration = serializers.FloatField(read_only=True, help_text="Seconds, so far.")

    def get_phase(self, sight: Sight) -> str:
        """Its name."""
        return sight.step.name if sight.step else ""

    def get_phase_done(self, sight: Sight) -> int:
        """How much of it is done."""
        return sight.step.done if sight.step else 0

    def get_phase_total(self, sight: Sight) -> int:
        """How much of it there is."""
        return sight.step.total if sight.step else 0

    @extend_schema_field({"anyOf": [{"$ref": "#/components/schemas/Waiting"}, {"type": "null"}]})
    def get_waiting(self, sight: Sight) -> dict[str, Any] | None:
        """Why nobody is at it."""
        return dict(WaitingSerializer(sight.waiting).data) if sight.waiting else None


class LogSerializer(serializers.ModelSerializer[Task]):
    """One part of the work on a document, with the last lines of what happened."""

    state = serializers.ChoiceField(TaskState.values, read_only=True)
    progress = serializers.FloatField(read_only=True)
    phase = serializers.CharField(read_only=True)
    tries = serializers.IntegerField(source="claims", read_only=True, help_text="How often a worker took it.")
    begin_time = Milliseconds(source="started_at", allow_null=True)
    end_time = Milliseconds(source="finished_at", allow_null=True)
    log = serializers.SerializerMethodField(help_text="At most 100 lines, the oldest first.")

    class Meta:
        model = Task
        fields = [
            *("part", "kind", "state", "progress", "message", "phase", "phase_done", "phase_total", "tries"),
            *("begin_time", "end_time", "log"),
        ]
        read_only_fields = fields

    def get_log(self, task: Task) -> list[str]:
        """Line by line."""
        return task.log.splitlines()


class DocumentProgress(SightSerializer):
    """How far a document is, with the log of its tasks."""

    tasks = LogSerializer(many=True, read_only=True)


class StatesSerializer(serializers.Serializer[Summary]):
    """How many documents are in which state."""

    UNSTART = serializers.IntegerField(source="unstart", read_only=True)
    RUNNING = serializers.IntegerField(source="running", read_only=True, help_text="Waiting, too.")
    CANCEL = serializers.IntegerField(source="cancel", read_only=True)
    DONE = serializers.IntegerField(source="done", read_only=True)
    FAIL = serializers.IntegerField(source="fail", read_only=True)


class SummarySerializer(serializers.Serializer[Summary]):
    """How far a dataset is."""

    id = serializers.CharField(read_only=True)
    under_way = serializers.BooleanField(read_only=True, help_text="Whether any document waits or is being worked on.")
    document_count = serializers.IntegerField(source="documents", read_only=True)
    states = StatesSerializer(source="*", read_only=True)
    tasks_running = serializers.IntegerField(source="working", read_only=True, help_text="That a worker is at.")
    chunk_count = serializers.IntegerField(source="chunks", read_only=True, help_text="That are searchable.")
    paused_time = Milliseconds(source="paused_at", allow_null=True)


class DatasetProgress(SummarySerializer):
    """How far a dataset is, with a page of its unfinished documents."""

    unfinished = SightSerializer(many=True, read_only=True)
