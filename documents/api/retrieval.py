"""POST /api/v1/retrieval (contract B.3, F)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents.api.retrieval_input import RetrievalInput
from documents.api.retrieval_output import DocumentHits, HitSerializer, RetrievalPage
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import retrieve
from system.models import Scope
from system.rest.bodies import lenient_object
from system.rest.envelope import Answer
from system.rest.viewsets import ScopedViewSet


class RetrievalViewSet(ScopedViewSet):
    """Search datasets."""

    queryset = Knowledgebase.objects.all()
    scope = Scope.READ

    @extend_schema(request={"application/json": RetrievalInput}, responses=RetrievalPage)
    def retrieval(self, request: Request) -> Answer:
        """The passages of datasets that answer a question, best first."""
        given = RetrievalInput(data=lenient_object(request), context={"datasets": self.get_queryset()})
        given.is_valid(raise_exception=True)
        question = given.validated_data["question"]
        if not question.strip():
            return Answer({"total": 0, "chunks": [], "doc_aggs": {}})
        found = retrieve(given.kbs, question, given.options())
        languages = {kb.pk: kb.language for kb in given.kbs}
        data: dict[str, Any] = {
            "total": found.total,
            "chunks": HitSerializer([*found.hits], many=True, context={"languages": languages}).data,
            "doc_aggs": DocumentHits([*found.documents], many=True).data,
        }
        return Answer(data | ({"degraded": found.degraded} if found.degraded else {}))
