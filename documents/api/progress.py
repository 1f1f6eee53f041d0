"""/api/v1/datasets/{dataset_id}/…/progress and …/events: how far ingestion is. Extensions, not in the contract."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from documents.api.dataset_scope import InDataset
from documents.models import Task
from documents.rest.sights import DatasetProgress, DocumentProgress, LogSerializer, SightSerializer, SummarySerializer
from documents.rest.watching import STREAM, WAIT, WaitQuery, permit_of, streamed
from documents.watching import datasets, sights
from documents.watching.settling import Wait
from documents.watching.streams import Target
from knowledgebases.models import Knowledgebase
from system.rest.envelope import Answer
from system.rest.validation import QueryInteger, validated

_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["document", "dataset", "removed", "reset", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string", "description": "With the last event of those that came together."},
    },
}
_EVENTS = {
    (HTTPStatus.OK, "text/event-stream"): OpenApiResponse(
        _EVENT,
        "`document`: as in `…/progress`; `dataset`: the counts; `removed`: the id of a document that is gone; `reset`: "
        "more has changed than is told, load everything anew; at last `end` with the reason: `deleted`, `unreachable` "
        "(the right to watch is gone), `stopping`, `time` or `behind` (come back with the last id).",
    )
}
_PAGE = [
    OpenApiParameter("page", {"type": "integer", "minimum": 1, "default": 1}, description="Of the unfinished ones."),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 30}),
]


class PageQuery(WaitQuery):
    """Which of the unfinished documents to show, and how long to wait."""

    page = QueryInteger(min_value=1, max_value=1_000_000, default=1)
    page_size = QueryInteger(min_value=1, max_value=1000, default=30)


class WatchingViewSet(InDataset):
    """What those who may read a dataset see of its ingestion."""

    def settle(self, request: Request, kb: Knowledgebase, documents: frozenset[str] | None, seconds: int) -> None:
        """Wait as long as is asked for; what was in reach has to be so afterwards."""
        if seconds:
            with Wait(Target(datasets=frozenset([kb.pk]), documents=documents), permit_of(request), seconds) as wait:
                wait.until_finished()
            self.dataset()


class DatasetProgressViewSet(WatchingViewSet):
    """How far a dataset is."""

    fails_with: ClassVar = {"progress": [HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(parameters=[WAIT, *_PAGE], responses=DatasetProgress)
    def progress(self, request: Request, dataset_id: str) -> Answer:
        """How many documents of a dataset are in which state, and a page of those that are unfinished.

        With `wait` the answer comes when none is unfinished any more, or when the time is over.
        """
        kb = self.dataset()
        query = validated(PageQuery, request.query_params.dict())
        self.settle(request, kb, None, query["wait"])
        summary = datasets.summary(kb.pk)
        if summary is None:
            raise self.missing(kb.pk)
        start = (query["page"] - 1) * query["page_size"]
        unfinished: Any = sights.of(datasets.unfinished(kb.pk)[start : start + query["page_size"]])
        return Answer(SummarySerializer(summary).data | {"unfinished": SightSerializer(unfinished, many=True).data})


class DocumentProgressViewSet(WatchingViewSet):
    """How far a document is."""

    fails_with: ClassVar = {"progress": [HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(parameters=[WAIT], responses=DocumentProgress)
    def progress(self, request: Request, dataset_id: str, document_id: str) -> Answer:
        """How far a document is, what keeps it, and the log of its tasks.

        With `wait` the answer comes when it is finished (done, failed or stopped), or when the time is over.
        """
        kb = self.dataset()
        document = self.document(kb, document_id)
        self.settle(request, kb, frozenset([document.pk]), validated(WaitQuery, request.query_params.dict())["wait"])
        document = self.document(kb, document_id)
        tasks = Task.objects.filter(document=document, gen=document.gen).order_by("part")
        return Answer(SightSerializer(sights.of([document])[0]).data | {"tasks": LogSerializer(tasks, many=True).data})


class DatasetEventsViewSet(WatchingViewSet):
    """What happens in a dataset."""

    fails_with: ClassVar = {"events": [HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(parameters=STREAM, responses=_EVENTS)
    def events(self, request: Request, dataset_id: str) -> StreamingHttpResponse:
        """A stream of what changes in a dataset, as Server-Sent Events.

        It begins with the unfinished documents and the counts of all, or with what changed since `Last-Event-ID`.
        """
        target = Target(datasets=frozenset([self.dataset().pk]))
        return streamed(request, target, permit_of(request))


class DocumentEventsViewSet(WatchingViewSet):
    """What happens to a document."""

    fails_with: ClassVar = {"events": [HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(parameters=STREAM, responses=_EVENTS)
    def events(self, request: Request, dataset_id: str, document_id: str) -> StreamingHttpResponse:
        """A stream of what changes of a document, as Server-Sent Events; it begins with how the document is."""
        kb = self.dataset()
        document = self.document(kb, document_id)
        target = Target(datasets=frozenset([kb.pk]), documents=frozenset([document.pk]))
        return streamed(request, target, permit_of(request))
