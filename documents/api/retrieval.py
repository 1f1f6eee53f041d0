"""POST /api/v1/retrieval (contract B.3, F)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents.api.retrieval_input import RetrievalInput
from documents.api.retrieval_output import HitSerializer, RetrievalPage, reasons
from documents.rest.retrieval_output import empty_page, page_of, pages
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import retrieve
from system.errors import NotFound, RagError
from system.models import Scope
from system.rest.bodies import lenient_object
from system.rest.envelope import Answer
from system.rest.viewsets import ScopedViewSet


class RetrievalViewSet(ScopedViewSet):
    """Search datasets."""

    queryset = Knowledgebase.objects.all()
    scope = Scope.READ

    @extend_schema(request={"application/json": RetrievalInput}, responses=pages(RetrievalPage))
    def retrieval(self, request: Request) -> Answer:
        """The passages of datasets that answer a question, best first."""
        given = RetrievalInput(data=lenient_object(request), context=self.reaching())
        given.is_valid(raise_exception=True)
        question = given.validated_data["question"]
        if not question.strip():
            return Answer(empty_page())
        found = retrieve(given.kbs, question, given.options())
        page = page_of(found, given.kbs, HitSerializer, explain=given.validated_data["explain"])
        return Answer(page | reasons(found, given.validated_data))

    def reaching(self) -> dict[str, Any]:
        """What the caller reaches, for the checks of the input."""
        return {"reach": self.all_reached, "reached": self.get_queryset()}

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown datasets alike."""
        return NotFound(f"You don't own the dataset {key}.")
