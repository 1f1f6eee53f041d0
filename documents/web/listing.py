"""Lists of documents: a dataset's, what that can be narrowed by, and some by their ids (contract C.5)."""

from collections import Counter

from django.db.models import Count
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents.models import Document
from documents.models.document import DocumentQuerySet
from documents.rest.querying import IN_ORDER, KEYWORDS, ORDER, Period
from documents.web.document_input import FilterInput, IdsInput, NarrowingInput
from documents.web.reach import InDatasets, InDocuments, named_dataset
from documents.web.rows import RawDocument, RawDocumentPage, RawListedDocument
from knowledgebases.models import Knowledgebase
from system.rest.bodies import web_object
from system.rest.envelope import Answer
from system.rest.pagination import Page

_QUERY = [
    OpenApiParameter("kb_id", str, required=True),
    KEYWORDS,
    *IN_ORDER,
    OpenApiParameter("page", int, description="From 1; all rows unless `page_size` is given too, and neither is 0."),
    OpenApiParameter("page_size", int),
]


class FilterCounts(serializers.Serializer[None]):
    """How many documents have which value."""

    suffix = serializers.DictField(child=serializers.IntegerField())
    run_status = serializers.DictField(child=serializers.IntegerField(), help_text="By digit, as `run` in rows.")


class DocumentFilter(serializers.Serializer[None]):
    """What a list can be narrowed by further; `total` counts the documents."""

    total = serializers.IntegerField()
    filter = FilterCounts()


class ListingViewSet(InDatasets):
    """The documents of a dataset."""

    @extend_schema(
        parameters=_QUERY,
        request={"application/json": NarrowingInput},
        responses=forced_singular_serializer(RawDocumentPage),  # type: ignore[no-untyped-call]
    )
    def list(self, request: Request) -> Answer:
        """List documents, the newest first."""
        query = request.query_params
        rows = _documents(self.dataset(named_dataset(query.get("kb_id"))))
        given = NarrowingInput(data=web_object(request))
        found = given.narrowing(keywords=query.get("keywords", "")).of_rows(rows)
        page, period = Page.of_web(query, ORDER), Period.of(query)
        docs = period.of_page(page.of_rows(found.with_progress().select_related("created_by")))
        return Answer({"total": found.count(), "docs": RawListedDocument(docs, many=True).data})

    @extend_schema(request={"application/json": FilterInput}, responses=DocumentFilter)
    def filter(self, request: Request) -> Answer:
        """Count the documents that a list would show, by suffix and by how far they are."""
        body = web_object(request)
        rows = _documents(self.dataset(named_dataset(body.get("kb_id"))))
        found = FilterInput(data=body).narrowing().of_rows(rows)
        suffixes: Counter[str] = Counter()
        runs: Counter[str] = Counter()
        for suffix, run, count in found.order_by().values_list("suffix", "run").annotate(Count("pk")):
            suffixes[suffix] += count
            runs[run] += count
        return Answer({"total": runs.total(), "filter": {"suffix": suffixes, "run_status": runs}})


class InfosViewSet(InDocuments):
    """Documents, whatever their datasets."""

    queryset = Document.objects.with_progress()

    @extend_schema(request={"application/json": IdsInput}, responses=RawDocument(many=True))
    def infos(self, request: Request) -> Answer:
        """The documents with these ids, each once, in the order asked for."""
        ids = self.checked(IdsInput, "doc_ids")["doc_ids"]
        return Answer(RawDocument(self.all_reached(ids) if ids else [], many=True).data)


def _documents(kb: Knowledgebase) -> DocumentQuerySet:
    return Document.objects.filter(kb=kb, deleted_at=None)
