"""What the routes of test sets accept."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from documents.evaluation import drafts, keeping, reading
from documents.evaluation import settings as ways
from documents.evaluation.drafts import Draft
from documents.evaluation.measuring import METRICS, Plan
from documents.evaluation.metrics import DEFAULT
from documents.evaluation.reading import Source
from documents.evaluation.writing import Form
from documents.models.question import KEY_CHARS, NAME_CHARS, QUESTION_CHARS
from documents.rest.files import body_bytes
from knowledgebases.engines.base import WIDEST
from system.errors import TooLarge
from system.rest.refusing import IDS
from system.rest.uploads import uploaded_files
from system.rest.validation import (
    Messages,
    QueryBoolean,
    QueryInteger,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)

QUESTIONS = 1000  # of one JSON body
_MANY: Messages = {
    "max_length": "List should have at most {max_length} items",
    "empty": "List should have at least 1 item",
}

PAGE = [
    OpenApiParameter("page", {"type": "integer", "minimum": 1, "default": 1}),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 30}),
]
BASELINE = OpenApiParameter("baseline", str, description="Id of the evaluation to compare with.")
_SKIP = "Leave out judgements of what the dataset does not have, instead of refusing all."
SKIP_MISSING = OpenApiParameter("skip_missing", bool, description=_SKIP)
FORM = OpenApiParameter(
    "form", str, enum=list(Form), description="All in one file, or one of the two of BEIR: `queries` or `qrels`."
)


class PageQuery(StrictSerializer):
    """Which rows to show."""

    page = QueryInteger(min_value=1, max_value=1_000_000, default=1)
    page_size = QueryInteger(min_value=1, max_value=1000, default=30)

    @staticmethod
    def rows(query: dict[str, Any]) -> slice:
        """The rows of the page that was asked for."""
        start = (query["page"] - 1) * query["page_size"]
        return slice(start, start + query["page_size"])


class DetailQuery(PageQuery):
    """Which questions to show, and what to compare with."""

    baseline = StrictString(default="", allow_blank=True)


class ImportQuery(StrictSerializer):
    """How to take files in."""

    skip_missing = QueryBoolean(default=False)


class ExportQuery(StrictSerializer):
    """What to write."""

    form = StrictChoice(list(Form), default=Form.JSONL)


class NameInput(StrictSerializer):
    """A test set."""

    name = StrictString(max_length=NAME_CHARS)


class QuestionInput(StrictSerializer):
    """A question, and what answers it."""

    id = StrictString(
        required=False, max_length=KEY_CHARS, help_text="What it is known by; made of the text where it is absent."
    )
    question = StrictString(max_length=QUESTION_CHARS)
    relevant = serializers.JSONField(
        help_text="A list: names or ids of documents, or objects `{document, grade}` or `{chunk, grade}`; a document "
        "may be named without its suffix, a chunk by its id. Grades are 1 unless given; 0: does not answer."
    )


class QuestionsInput(StrictSerializer):
    """Questions to keep; one whose id is there takes the place of the former."""

    questions = StrictList(child=QuestionInput(), allow_empty=False, max_length=QUESTIONS, error_messages=_MANY)
    skip_missing = StrictBoolean(default=False, help_text=_SKIP)

    @staticmethod
    def drafts(value: dict[str, Any]) -> list[Draft]:
        """The questions, to be looked up."""
        return [
            drafts.draft(
                key=one.get("id"),
                text=one["question"],
                named=reading.relevant(one["relevant"], f"Question {number}"),
                where=f"Question {number}",
            )
            for number, one in enumerate(value["questions"], 1)
        ]


class QuestionIdsInput(StrictSerializer):
    """Questions to delete."""

    ids = StrictList(
        child=StrictString(allow_blank=True, trim_whitespace=False),
        allow_empty=False,
        max_length=IDS,
        error_messages=_MANY,
    )


class FilesInput(serializers.Serializer[None]):
    """A test set as files, all under the name `file`."""

    file = serializers.ListField(
        child=serializers.FileField(),
        help_text="A CSV or JSON Lines file, or the two files of BEIR: queries (`.jsonl`) and judgements (`.tsv`).",
    )


class EvaluateInput(StrictSerializer):
    """What to measure; without anything the search as it is by default, by the usual metrics."""

    settings = StrictList(
        child=serializers.DictField(),
        default=list,
        max_length=ways.SETTINGS,
        error_messages=_MANY,
        help_text="Ways to search, the first of which the others are compared with. Each may have: "
        + " ".join(f"`{name}`: {meaning}" for name, meaning in ways.NAMES.items()),
    )
    metrics = StrictList(
        child=StrictString(max_length=64),
        default=list,
        max_length=METRICS,
        error_messages=_MANY,
        help_text="`ndcg@K`, `recall@K`, `mrr`, `mrr@K`; questions are sorted by the first. By default "
        f"{', '.join(DEFAULT)}.",
    )
    hits = StrictInteger(
        required=False,
        min_value=1,
        max_value=WIDEST,
        help_text="Chunks that each search is asked for; documents are ranked by the best of these. By default as many "
        "as an ordinary search weighs.",
    )
    sample = StrictInteger(
        allow_null=True,
        default=None,
        min_value=1,
        max_value=keeping.QUESTIONS,
        help_text="Ask so many of the questions, the same ones each time; null: all.",
    )
    baseline = StrictString(
        required=False, help_text="Id of an evaluation to compare with, instead of the first setting."
    )

    @staticmethod
    def plan(value: dict[str, Any]) -> Plan:
        """What to measure."""
        settings = ways.several(value["settings"])
        return Plan.of(settings, value["metrics"], hits=value.get("hits"), sample=value["sample"])


def sources(request: Request) -> list[Source]:
    """The files of an import, in memory. Raises TooLarge beyond RAG_BODY_BYTES, ArgumentError where there is none."""
    limit = settings.RAG_BODY_BYTES
    if body_bytes(request) > limit:  # before any of it is read
        raise TooLarge(f"A test set may have {limit >> 20} MiB; import it in parts.")
    return [Source(file.name or "", file.read()) for file in uploaded_files(request)]
