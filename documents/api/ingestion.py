"""/api/v1/datasets/{dataset_id}/pause, /resume, /retry: the ingestion of a dataset as a whole. Not of the contract."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import pausing, queueing
from documents.api.dataset_scope import InDataset
from system.errors import NotFound
from system.rest.bodies import raw_body, strict_object
from system.rest.envelope import Answer
from system.rest.refusing import IDS
from system.rest.validation import StrictBoolean, StrictList, StrictSerializer, StrictString, validated


class RetryInput(StrictSerializer):
    """Which documents to try again."""

    document_ids = StrictList(
        child=StrictString(allow_blank=True, trim_whitespace=False),
        allow_null=True,
        default=None,
        max_length=IDS,
        error_messages={"max_length": "List should have at most {max_length} items"},
        help_text="Null, or absent: all of the dataset.",
    )
    canceled = StrictBoolean(default=False, help_text="Those that were stopped, too; else only those that failed.")


class PauseOutput(serializers.Serializer[Any]):
    """Whether a dataset's ingestion is held back."""

    paused_at = serializers.DateTimeField(allow_null=True, help_text="Since when it is; null: it is not.")
    tasks = serializers.IntegerField(help_text="How many tasks were held back, or go on, by this call.")


class RetryOutput(serializers.Serializer[Any]):
    """What was tried again."""

    documents = serializers.IntegerField(help_text="How many documents were started anew.")


class IngestionViewSet(InDataset):
    """Hold back, resume and retry the ingestion of a dataset; who may change it may pause it."""

    scopes = {"pause": "owned_by", "resume": "owned_by"}
    fails_with = {"retry": [HTTPStatus.NOT_FOUND, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]}

    @extend_schema(request=None, responses=PauseOutput)
    def pause(self, request: Request, dataset_id: str) -> Answer:
        """Hold back what waits or runs, with what it has done so far, and what is started from now on."""
        kb = self.dataset()
        tasks = pausing.pause(kb)
        return Answer(PauseOutput({"paused_at": kb.paused_at, "tasks": tasks}).data)

    @extend_schema(request=None, responses=PauseOutput)
    def resume(self, request: Request, dataset_id: str) -> Answer:
        """Let a paused dataset go on where it was."""
        kb = self.dataset()
        tasks = pausing.resume(kb)
        return Answer(PauseOutput({"paused_at": kb.paused_at, "tasks": tasks}).data)

    @extend_schema(request=RetryInput, responses=RetryOutput)
    def retry(self, request: Request, dataset_id: str) -> Answer:
        """Start failed documents anew; of the ids given, those that have not failed are left as they are."""
        kb = self.dataset()
        given = validated(RetryInput, strict_object(request) if raw_body(request) else {})
        documents = self.documents(kb)
        if (wanted := given["document_ids"]) is None:
            wanted = list(documents.unsuccessful(canceled=given["canceled"]).values_list("pk", flat=True))
        else:
            wanted = list(dict.fromkeys(wanted))
            known = set(documents.filter(pk__in=wanted).values_list("pk", flat=True))
            if unknown := [one for one in wanted if one not in known]:
                raise NotFound(f"Documents not found: {unknown}")
        return Answer(RetryOutput({"documents": queueing.retry(wanted, canceled=given["canceled"])}).data)
