"""/api/v1/datasets/{dataset_id}/test_sets/{test_set_id}/evaluations: how good a search is. Not in the contract."""

from http import HTTPStatus

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents.api.test_set_input import BASELINE, PAGE, DetailQuery, EvaluateInput, PageQuery
from documents.api.test_set_output import EvaluationDetail, EvaluationPage, ResultSerializer
from documents.api.test_set_scope import InTestSet
from documents.evaluation import measuring
from documents.evaluation.alone import alone
from documents.evaluation.comparing import compare, compared
from documents.evaluation.measuring import Bound
from documents.models import Evaluation, QuestionSet
from documents.rest.evaluation_output import ComparisonSerializer, EvaluatedSerializer, EvaluationSerializer
from knowledgebases.models import Knowledgebase
from system.errors import NotFound
from system.rest.bodies import raw_body, strict_object
from system.rest.envelope import Answer
from system.rest.validation import validated


class EvaluationsViewSet(InTestSet):
    """Evaluate a test set, and list what came of it."""

    scopes = {"create": "owned_by"}
    fails_with = {
        "create": [
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.TOO_MANY_REQUESTS,
        ],
    }

    @extend_schema(parameters=PAGE, responses=EvaluationPage)
    def list(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """The evaluations of a test set, the newest first."""
        rows = self.test_set().evaluations.order_by("-created_at", "-id")
        query = validated(PageQuery, request.query_params.dict())
        page = EvaluationSerializer(rows[PageQuery.rows(query)], many=True)
        return Answer({"total": rows.count(), "evaluations": page.data})

    @extend_schema(request=EvaluateInput, responses=EvaluatedSerializer)
    def create(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Ask each question in each way, measure what is found, and compare the ways.

        The answer comes when that is done. One request makes a limited number of searches (questions times settings);
        what goes beyond is refused: take a `sample`, or run `manage.py evaluate`.
        """
        test_set = self.test_set()
        given = validated(EvaluateInput, strict_object(request) if raw_body(request) else {})
        plan = EvaluateInput.plan(given)
        baseline = evaluation(test_set, given["baseline"]) if "baseline" in given else None
        bound = Bound(settings.RAG_EVALUATION_SEARCHES, settings.RAG_EVALUATION_SECONDS)
        with alone(test_set):
            made = measuring.evaluate(test_set, plan, reached=Knowledgebase.objects.visible_to(self.user), bound=bound)
        return Answer(EvaluatedSerializer({"evaluations": made, "comparisons": compared(made, baseline)}).data)


class EvaluationViewSet(InTestSet):
    """One evaluation."""

    scopes = {"destroy": "owned_by"}
    fails_with = {"destroy": [HTTPStatus.NOT_FOUND]}

    @extend_schema(parameters=[*PAGE, BASELINE], responses=EvaluationDetail)
    def retrieve(self, request: Request, dataset_id: str, test_set_id: str, evaluation_id: str) -> Answer:
        """An evaluation with what its questions came to, the worst first; compared with another, if one is named."""
        test_set = self.test_set()
        found = evaluation(test_set, evaluation_id)
        query = validated(DetailQuery, request.query_params.dict())
        comparison = compare(evaluation(test_set, query["baseline"]), found) if query["baseline"] else None
        results = found.results.order_by("score", "pk")[DetailQuery.rows(query)]
        return Answer(
            EvaluationSerializer(found).data
            | {
                "results": ResultSerializer(results, many=True).data,
                "comparison": ComparisonSerializer(comparison).data if comparison else None,
            }
        )

    @extend_schema(request=None, responses=None)
    def destroy(self, request: Request, dataset_id: str, test_set_id: str, evaluation_id: str) -> Answer:
        """Forget an evaluation."""
        evaluation(self.test_set(), evaluation_id).delete()
        return Answer()


def evaluation(test_set: QuestionSet, key: str) -> Evaluation:
    """An evaluation of a test set that was reached. Raises NotFound."""
    found = test_set.evaluations.filter(pk=key).first()
    if found is None:
        raise NotFound(f"The test set has no evaluation {key}.")
    return found
