"""/api/v1/datasets/{dataset_id}/test_sets: questions with known answers. Extensions, not in the contract."""

import tempfile
from http import HTTPStatus

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from documents.api.test_set_input import (
    FORM,
    PAGE,
    SKIP_MISSING,
    ExportQuery,
    FilesInput,
    ImportQuery,
    NameInput,
    PageQuery,
    QuestionIdsInput,
    QuestionsInput,
    sources,
)
from documents.api.test_set_output import KeptSerializer, QuestionPage, QuestionSerializer, TestSetSerializer
from documents.api.test_set_scope import InTestSet
from documents.evaluation import keeping, listing, reading, writing
from documents.evaluation.writing import Form
from documents.models import QuestionSet
from documents.rest.downloading import INERT
from system import scratch
from system.errors import NotFound
from system.rest.bodies import strict_object
from system.rest.envelope import Answer
from system.rest.validation import validated

_IN_MEMORY = 1 << 20  # bytes of an export; beyond, it is on disk
_MISSING = [HTTPStatus.NOT_FOUND]
_BODY = [HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]


class TestSetsViewSet(InTestSet):
    """Make and list test sets."""

    scopes = {"create": "owned_by"}
    fails_with = {"create": _BODY}

    @extend_schema(responses=TestSetSerializer(many=True))
    def list(self, request: Request, dataset_id: str) -> Answer:
        """The test sets of a dataset, the newest first, each with its last evaluation."""
        return Answer(TestSetSerializer(listing.of_dataset(self.dataset()), many=True).data)

    @extend_schema(request=NameInput, responses=TestSetSerializer)
    def create(self, request: Request, dataset_id: str) -> Answer:
        """Make an empty test set."""
        kb = self.dataset()
        given = validated(NameInput, strict_object(request))
        return Answer(_told(keeping.create(kb, given["name"])))


class TestSetViewSet(InTestSet):
    """A test set: look at it, rename it, delete it, take it in from files and give it out."""

    scopes = {"update": "owned_by", "destroy": "owned_by", "take": "owned_by"}
    fails_with = {"update": _BODY, "destroy": _MISSING, "take": _MISSING}

    @extend_schema(responses=TestSetSerializer)
    def retrieve(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """A test set, with its last evaluation."""
        return Answer(_told(self.test_set()))

    @extend_schema(request=NameInput, responses=TestSetSerializer)
    def update(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Give a test set another name."""
        test_set = self.test_set()
        given = validated(NameInput, strict_object(request))
        return Answer(_told(keeping.rename(test_set, given["name"])))

    @extend_schema(request=None, responses=None)
    def destroy(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Delete a test set with its questions and evaluations."""
        self.test_set().delete()
        return Answer()

    @extend_schema(request={"multipart/form-data": FilesInput}, parameters=[SKIP_MISSING], responses=KeptSerializer)
    def take(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Add the questions of files; one whose id is there takes the place of the former. All of them, or none."""
        test_set = self.test_set()
        query = validated(ImportQuery, request.query_params.dict())
        drafts = reading.read(sources(request))
        return Answer(KeptSerializer(keeping.put(test_set, drafts, skip_missing=query["skip_missing"])).data)

    @extend_schema(
        parameters=[FORM],
        responses={(HTTPStatus.OK, "text/plain"): OpenApiResponse(OpenApiTypes.STR, "The file.")},
    )
    def give(self, request: Request, dataset_id: str, test_set_id: str) -> FileResponse:
        """The questions of a test set as a file that can be imported again."""
        test_set = self.test_set()
        return exported(test_set, Form(validated(ExportQuery, request.query_params.dict())["form"]))


class QuestionsViewSet(InTestSet):
    """The questions of a test set."""

    scopes = {"create": "owned_by", "destroy": "owned_by"}
    fails_with = {"create": _BODY, "destroy": [*_MISSING, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]}

    @extend_schema(parameters=PAGE, responses=QuestionPage)
    def list(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """The questions of a test set with what answers them, in the order in which they came."""
        questions = self.test_set().questions.order_by("created_at", "id")
        query = validated(PageQuery, request.query_params.dict())
        page = listing.judged(questions[PageQuery.rows(query)])
        return Answer({"total": questions.count(), "questions": QuestionSerializer(page, many=True).data})

    @extend_schema(request=QuestionsInput, responses=KeptSerializer)
    def create(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Add questions; one whose id is there takes the place of the former. All of them, or none."""
        test_set = self.test_set()
        given = validated(QuestionsInput, strict_object(request))
        kept = keeping.put(test_set, QuestionsInput.drafts(given), skip_missing=given["skip_missing"])
        return Answer(KeptSerializer(kept).data)

    @extend_schema(request=QuestionIdsInput, responses=None)
    def destroy(self, request: Request, dataset_id: str, test_set_id: str) -> Answer:
        """Delete questions; an id that is not there is refused, and nothing is deleted."""
        test_set = self.test_set()
        ids = set(validated(QuestionIdsInput, strict_object(request))["ids"])
        known = set(test_set.questions.filter(key__in=ids).values_list("key", flat=True))
        if unknown := sorted(ids - known):
            raise NotFound(f"The test set has no question {unknown[0][:64]!r}; nothing was deleted.")
        keeping.remove(test_set, known)
        return Answer()


def exported(test_set: QuestionSet, form: Form) -> FileResponse:
    """A test set as a file to save."""
    # Written in full before any of it is sent: a client that reads slowly holds no cursor. A table may be far larger
    # than what was imported, as it repeats each question for each of its answers.
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(scratch.folder()))  # noqa: SIM115 -- the response closes it
    for line in writing.written(test_set, form):
        file.write(line.encode())
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=writing.file_name(test_set, form),
        content_type="text/plain; charset=utf-8",
        headers=INERT,
    )


def _told(test_set: QuestionSet) -> object:
    """A test set on the wire."""
    rows = listing.shown(QuestionSet.objects.filter(pk=test_set.pk))
    if not rows:
        raise NotFound("The test set has been deleted.")
    return TestSetSerializer(rows[0]).data
