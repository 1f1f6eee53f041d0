"""POST /api/v1/dify/retrieval: a dataset as external knowledge of Dify (contract B.7)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from documents.api.conditions import HELP, conditions
from documents.models import Document
from documents.rest.retrieval_input import chat_only, positive_top_k, question_text, refuse_unfilled
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options, Scored, retrieve
from knowledgebases.retrieval.tagging import tag_sets
from system.errors import ArgumentError, Code, NotFound, RagError
from system.models import Scope
from system.rest.authentication import TokenAuthentication
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer, Envelope
from system.rest.failures import Refused
from system.rest.refusing import Checked, Integer, Number, Object, Switch, Text, number
from system.rest.viewsets import ScopedViewSet


class Setting(serializers.Serializer[None]):
    """How to search."""

    score_threshold = Number(number("score_threshold", 0.0), absent=0.0, help_text="Least score of a record.")
    top_k = Integer(positive_top_k, absent=1024, help_text="At most so many records.")


@extend_schema_field(Setting)
class Settings(Checked):
    """The settings of a search."""


def _setting(value: Any) -> dict[str, Any]:
    given = {} if value is None else value
    if not isinstance(given, dict):
        raise ArgumentError("`retrieval_setting` should be an object.")
    setting = Setting(data=given)
    setting.is_valid(raise_exception=True)
    checked: dict[str, Any] = setting.validated_data
    return checked


class DifyInput(serializers.Serializer[None]):
    """A question to a dataset, in the order of the checks; unknown keys are ignored, null counts as absent."""

    knowledge_id = Text(str, help_text="Id of the dataset.")
    query = Text(lambda value: question_text(value, "query"))
    retrieval_setting = Settings(_setting, absent=None)
    metadata_condition = Object(conditions, absent=None, help_text=HELP)
    use_kg = Switch(chat_only("use_kg"))


class Record(serializers.Serializer[Any]):
    """A passage; context `metadata` has that of each document."""

    content = serializers.CharField(source="hit.content")
    score = serializers.FloatField(source="similarity")
    title = serializers.CharField(source="hit.document_name", help_text="Name of the document.")
    metadata = serializers.SerializerMethodField(help_text="Of the document, with its `doc_id`.")

    def get_metadata(self, scored: Scored) -> dict[str, Any]:
        """The stored fields and the id."""
        known: Mapping[str, Mapping[str, Any]] = self.context["metadata"]
        return {**known.get(scored.hit.document_id, {}), "doc_id": scored.hit.document_id}


class Records(serializers.Serializer[None]):
    """Passages, best first."""

    records = Record(many=True)
    degraded = serializers.CharField(
        required=False, help_text="Present where a model did not answer: why the answer has less."
    )


class DifyViewSet(ScopedViewSet):
    """Search a dataset for Dify."""

    queryset = Knowledgebase.objects.select_related("space")
    authentication_classes = [TokenAuthentication]
    envelope = Envelope.BARE
    scope = Scope.READ

    @extend_schema(request={"application/json": DifyInput}, responses=Records)
    def retrieval(self, request: Request) -> Answer:
        """The passages of a dataset that answer a question, best first, without an envelope.

        In failures `code` is the HTTP status, 101 for wrong arguments.
        """
        body = web_object(request)
        require(body, "knowledge_id", "query")
        given = DifyInput(data=body)
        given.is_valid(raise_exception=True)
        value: dict[str, Any] = given.validated_data
        kb = self.reached(value["knowledge_id"])
        return Answer(_records(kb, value, tag_sets([kb], self.get_queryset())))

    def handle_exception(self, exc: Exception) -> Response:
        """Credentials are refused in the one way that Dify knows, whatever is wrong with them."""
        if isinstance(exc, AuthenticationFailed | NotAuthenticated):
            exc = Refused("API-KEY is invalid!", code=Code.FORBIDDEN, status=HTTPStatus.FORBIDDEN)
        return super().handle_exception(exc)

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown datasets alike."""
        return NotFound("Knowledgebase not found!", code=Code.NOT_FOUND)


def _records(kb: Knowledgebase, given: Mapping[str, Any], tagged: Sequence[Knowledgebase]) -> dict[str, Any]:
    """What a dataset has on a question; nothing where no document meets the conditions (contract F.4)."""
    if not given["query"].strip():
        return {"records": []}
    refuse_unfilled([kb], code=Code.NOT_FOUND)
    setting = given["retrieval_setting"]
    options = Options(
        where=given["metadata_condition"],
        page_size=setting["top_k"],
        threshold=setting["score_threshold"],
        top_k=setting["top_k"],
        tag_sets=tagged,
    )
    found = retrieve([kb], given["query"], options)
    documents = {scored.hit.document_id for scored in found.hits}
    known = dict(Document.objects.filter(pk__in=documents).values_list("pk", "meta_fields"))
    records = Record([*found.hits], many=True, context={"metadata": known}).data
    return {"records": records} | ({"degraded": found.degraded} if found.degraded else {})
