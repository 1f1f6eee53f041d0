"""What the retrieval route accepts (contract B.3)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from documents import metadata
from documents.models import Document
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options
from knowledgebases.retrieval import query as queries
from system.errors import ArgumentError, DataError, NotFound, TooLarge
from system.rest.failures import Unhandled
from system.rest.refusing import (
    Integer,
    Number,
    Object,
    Switch,
    Text,
    Texts,
    few,
    ids,
    integer,
    lookup_error,
    number,
)

QUESTION_CHARS = 10_000
CONDITIONS = 64
CONDITION_CHARS = 1000  # of a name, or of a value


def _datasets(value: Any) -> list[str]:
    if not value:
        raise DataError("`dataset_ids` is required.")
    if not isinstance(value, list):
        raise DataError("`dataset_ids` should be a list")
    return [str(item) for item in few(value)]


def _question(value: Any) -> str:
    if value is None:
        raise DataError("`question` is required.")
    if not isinstance(value, str):
        raise ArgumentError("`question` should be a text.")
    if len(value) > QUESTION_CHARS:
        raise TooLarge(f"`question` may have {QUESTION_CHARS:,} characters; this one has {len(value):,}. Shorten it.")
    return value


def _top_k(value: Any) -> int:
    top_k: int = integer("top_k", 1024)(value)
    if top_k <= 0:
        raise Unhandled("`top_k` must be greater than 0")
    return top_k


def _highlight(value: Any) -> bool:
    return value is None or str(value).lower() != "false"


def _rerank(value: Any) -> None:
    if value:  # no tenant has a rerank model: there is no route yet to set one up
        raise lookup_error(f"Model({value}) not authorized")


def _chat_only(name: str) -> Any:
    def check(value: Any) -> None:
        if value and str(value).lower() != "false":
            raise ArgumentError(f"`{name}` needs a chat model, which this site cannot call; leave it out.")

    return check


def _conditions(value: Any) -> list[metadata.Condition]:
    listed = value.get("conditions") if isinstance(value, dict) else value
    if not listed and (value is None or isinstance(value, dict)):
        return []
    if not isinstance(value, dict) or not isinstance(listed, list):
        raise ArgumentError("`metadata_condition` should be an object with a list `conditions`.")
    if len(listed) > CONDITIONS:
        raise TooLarge(f"`metadata_condition` may have {CONDITIONS} conditions; this one has {len(listed):,}.")
    return [_condition(one) for one in listed]


def _condition(value: Any) -> metadata.Condition:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ArgumentError("A condition should be an object with `name`, `comparison_operator` and `value`.")
    operator = value.get("comparison_operator")
    if operator not in list(metadata.OPERATORS):
        known = ", ".join(f"`{one}`" for one in metadata.OPERATORS)
        raise ArgumentError(f"There is no comparison operator {str(operator)[:64]!r}; there are {known}.")
    if len(value["name"]) > CONDITION_CHARS or len(str(value.get("value"))) > CONDITION_CHARS:
        raise TooLarge(f"Name and value of a condition may have {CONDITION_CHARS:,} characters each.")
    return metadata.Condition(value["name"], operator, value.get("value"))


class RetrievalInput(serializers.Serializer[None]):
    """A question to datasets, in the order of the checks; unknown keys are ignored, null counts as absent.

    Context `datasets` is the queryset of those in reach.
    """

    dataset_ids = Texts(_datasets, absent=None)
    question = Text(_question, absent=None)
    document_ids = Texts(
        ids(DataError("`documents` should be a list")), absent=[], help_text="Search only these documents."
    )
    top_k = Integer(_top_k, absent=1024, help_text="At most so many candidates by vector.")
    rerank_id = Text(_rerank)
    page = Integer(integer("page", 1), absent=1)
    page_size = Integer(integer("page_size", 30), absent=30)
    similarity_threshold = Number(number("similarity_threshold", 0.2), absent=0.2)
    vector_similarity_weight = Number(
        number("vector_similarity_weight", 0.3), absent=0.3, help_text="Of vectors against terms, 0 to 1."
    )
    highlight = Switch(_highlight, absent=None, help_text="On unless false.")
    keyword = Switch(_chat_only("keyword"))
    cross_languages = Texts(_chat_only("cross_languages"))
    use_kg = Switch(_chat_only("use_kg"))
    metadata_condition = Object(
        _conditions,
        absent=None,
        help_text="`{conditions: [{name, comparison_operator, value}]}`: search only documents whose metadata meet "
        "all of them; ignored with `document_ids`, or where no document does.",
    )

    def validate_dataset_ids(self, given: list[str]) -> list[Knowledgebase]:
        """The datasets, all in reach and of one model."""
        reach: QuerySet[Knowledgebase] = self.context["datasets"]
        rows = reach.in_bulk(given)
        for one in given:
            if one not in rows:
                raise NotFound(f"You don't own the dataset {one}.")
        kbs = [rows[one] for one in dict.fromkeys(given)]
        queries.common_space(kbs)
        self.kbs = kbs
        return kbs

    def validate_document_ids(self, given: list[str]) -> list[str]:
        """The ids, all of documents in the datasets."""
        known = set(Document.objects.live().filter(kb__in=self.kbs, pk__in=given).values_list("pk", flat=True))
        for one in given:
            if one not in known:
                raise NotFound(f"The datasets don't own the document {one}")
        return given

    def options(self) -> Options:
        """How to search; where a metadata condition matches no document, it restricts nothing (contract F.4)."""
        value: dict[str, Any] = self.validated_data
        picked = value["document_ids"]
        if not picked and value["metadata_condition"]:
            picked = metadata.matching(self.kbs, value["metadata_condition"])
        return Options(
            document_ids=picked or None,
            page=max(1, value["page"]),
            page_size=max(0, value["page_size"]),
            threshold=value["similarity_threshold"],
            weight=value["vector_similarity_weight"],
            top_k=value["top_k"],
            highlight=value["highlight"],
        )
