"""POST /api/v1/retrieval (contract B.3, F)."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents.api.retrieval_input import RetrievalInput
from documents.api.retrieval_output import HitSerializer, RetrievalPage
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
        given = RetrievalInput(data=lenient_object(request), context={"reach": self.all_reached})
        given.is_valid(raise_exception=True)
        question = given.validated_data["question"]
        if not question.strip():
            return Answer(empty_page())
        return Answer(page_of(retrieve(given.kbs, question, given.options()), given.kbs, HitSerializer))

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown datasets alike."""
        return NotFound(f"You don't own the dataset {key}.")
