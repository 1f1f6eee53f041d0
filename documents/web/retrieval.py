"""POST /v1/chunk/retrieval_test: a search, to see what it finds (contract C.6, F)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents.rest.retrieval_input import refuse_unfilled
from documents.rest.retrieval_output import empty_page, page_of, pages
from documents.web.retrieval_input import RetrievalTestInput
from documents.web.retrieval_output import RawHit, RawRetrievalPage
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import retrieve
from system.errors import RagError
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import only_owner
from system.rest.viewsets import WebViewSet


class RetrievalTestViewSet(WebViewSet):
    """Search datasets."""

    queryset = Knowledgebase.objects.select_related("space")

    @extend_schema(request={"application/json": RetrievalTestInput}, responses=pages(RawRetrievalPage))
    def retrieval_test(self, request: Request) -> Answer:
        """The passages of datasets that answer a question, best first."""
        body = web_object(request)
        require(body, "kb_id", "question")
        given = RetrievalTestInput(data=body, context=self.reaching())
        given.is_valid(raise_exception=True)
        question = given.validated_data["question"]
        if not question.strip():
            return Answer(empty_page() | {"labels": None})
        refuse_unfilled(given.kbs)
        page = page_of(retrieve(given.kbs, question, given.options()), given.kbs, RawHit)
        return Answer(page | {"labels": None})

    def reaching(self) -> dict[str, Any]:
        """What the caller reaches, for the checks of the input."""
        return {"reach": self.all_reached, "reached": self.get_queryset()}

    def missing(self, key: str) -> RagError:
        """OWNER103, for foreign and unknown datasets alike."""
        return only_owner()
