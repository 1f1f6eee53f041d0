"""/api/v1/datasets/{dataset_id}/reindex: search rows made anew while the dataset is served. Not of the contract."""

from http import HTTPStatus
from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import reindexing
from documents.api.dataset_scope import InDataset
from documents.models import Goal, Reindex, ReindexState, What
from knowledgebases.models import Knowledgebase
from system.errors import NotFound
from system.rest.bodies import raw_body, strict_object
from system.rest.envelope import Answer
from system.rest.validation import StrictBoolean, StrictChoice, StrictSerializer, StrictString, validated

_DEED = OpenApiParameter(
    "deed", {"type": "string", "enum": list(reindexing.DEEDS)}, location=OpenApiParameter.PATH, required=True
)


class ReindexInput(StrictSerializer):
    """What is to be made anew."""

    what = StrictChoice(list(What.values), default=What.DENSE)
    embedding_model = StrictString(
        allow_blank=True, max_length=255, default="", help_text="For the vectors; empty: the dataset's own."
    )
    language = StrictString(
        allow_blank=True, max_length=32, default="", help_text="For the words; empty: the dataset's own."
    )
    switch = StrictBoolean(
        default=False, help_text="Serve what is built as soon as it is; else that is to be asked for."
    )


class ReindexOutput(serializers.ModelSerializer[Reindex]):
    """How far a reindex is."""

    state = serializers.ChoiceField(choices=ReindexState.choices)
    embedding_model = serializers.CharField(source="model", help_text="Empty: vectors stay as they are.")
    former_embedding_model = serializers.CharField(source="former_model")
    language = serializers.CharField(help_text="Empty: words stay as they are.")
    progress = serializers.FloatField(help_text="Share of the rows that are there, 0..1.")
    seconds_left = serializers.FloatField(allow_null=True, help_text="At the present rate; null: not known.")

    class Meta:
        model = Reindex
        fields = [
            *("what", "goal", "state", "embedding_model", "former_embedding_model", "language"),
            *("former_language", "done", "total", "progress", "rate", "seconds_left", "sampled", "least_cosine"),
            *("message", "log", "created_at", "begun_at", "switched_at", "finished_at"),
        ]


class ReindexViewSet(InDataset):
    """Reindex a dataset: those who may change it do that, those who may read it watch."""

    scopes: ClassVar = {"start": "owned_by", "change": "owned_by"}
    fails_with: ClassVar = {
        "start": [HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE],
        "show": [HTTPStatus.NOT_FOUND],
        "change": [HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT],
    }

    @extend_schema(request=ReindexInput, responses=ReindexOutput)
    def start(self, request: Request, dataset_id: str) -> Answer:
        """Begin to make vectors with another model, or words in another language, beside those that are served.

        The state goes from `queued` over `building` to `ready`; what is built is served after `…/reindex/switch`.
        """
        kb = self.dataset()
        given = validated(ReindexInput, strict_object(request) if raw_body(request) else {})
        job = reindexing.start(
            kb,
            what=given["what"],
            model=given["embedding_model"],
            language=given["language"],
            goal=Goal.SWITCH if given["switch"] else Goal.READY,
        )
        return Answer(ReindexOutput(job).data)

    @extend_schema(responses=ReindexOutput)
    def show(self, request: Request, dataset_id: str) -> Answer:
        """How far the last reindex of a dataset is, or what became of it."""
        return Answer(ReindexOutput(_latest(self.dataset())).data)

    @extend_schema(parameters=[_DEED], request=None, responses=ReindexOutput)
    def change(self, request: Request, dataset_id: str, deed: str) -> Answer:
        """Pause, resume, switch, roll back or finish the last reindex of a dataset.

        `switch` serves what is built, as soon as it is. `rollback` goes back to what was served before, in the time
        that it is kept, or gives up what is not switched. `finish` gives the way back up.
        """
        job = _latest(self.dataset())
        if (act := reindexing.DEEDS.get(deed)) is None:
            raise NotFound(f"There is no such deed; there are: {', '.join(reindexing.DEEDS)}.")
        return Answer(ReindexOutput(act(job)).data)


def _latest(kb: Knowledgebase) -> Reindex:
    job = Reindex.latest(kb)
    if job is None:
        raise NotFound(f"Dataset {kb.pk} was never reindexed.")
    return job
