"""What the retrieval route accepts (contract B.3)."""

from typing import Any

from documents import metadata
from documents.models import Document
from documents.rest.retrieval_input import SearchInput, SourcesInput, question_text
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options
from system.errors import ArgumentError, DataError, NotFound, TooLarge
from system.rest.refusing import Integer, Number, Object, Switch, Text, Texts, few, ids, integer, number

CONDITIONS = 64
CONDITION_CHARS = 1000  # of a name, or of a value


def conditions(value: Any) -> list[metadata.Condition]:
    """The conditions that documents have to meet; null and empty objects have none."""
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


def _datasets(value: Any) -> list[str]:
    if not value:
        raise DataError("`dataset_ids` is required.")
    if not isinstance(value, list):
        raise DataError("`dataset_ids` should be a list")
    return [str(item) for item in few(value)]


def _question(value: Any) -> str:
    if value is None:
        raise DataError("`question` is required.")
    return question_text(value)


def _highlight(value: Any) -> bool:
    return value is None or str(value).lower() != "false"


class _Sources(SourcesInput):
    """Where to search and for what."""

    dataset_ids = Texts(_datasets, absent=None)
    question = Text(_question, absent=None)
    document_ids = Texts(
        ids(DataError("`documents` should be a list")), absent=[], help_text="Search only these documents."
    )

    def validate_dataset_ids(self, given: list[str]) -> list[Knowledgebase]:
        """The datasets, all in reach and of one model."""
        return self.reach(given)

    def validate_document_ids(self, given: list[str]) -> list[str]:
        """The ids, all of documents in the datasets."""
        known = set(Document.objects.live().filter(kb__in=self.kbs, pk__in=given).values_list("pk", flat=True))
        for one in given:
            if one not in known:
                raise NotFound(f"The datasets don't own the document {one}")
        return given


class RetrievalInput(_Sources, SearchInput):
    """A question to datasets, in the order of the checks; unknown keys are ignored, null counts as absent."""

    page_size = Integer(integer("page_size", 30), absent=30)
    similarity_threshold = Number(number("similarity_threshold", 0.2), absent=0.2)
    highlight = Switch(_highlight, absent=None, help_text="On unless false.")
    metadata_condition = Object(
        conditions,
        absent=None,
        help_text="`{conditions: [{name, comparison_operator, value}]}`: search only documents whose metadata meet "
        "all of them; ignored with `document_ids`, or where no document does.",
    )

    def options(self) -> Options:
        """How to search; where a metadata condition matches no document, it restricts nothing (contract F.4)."""
        value: dict[str, Any] = self.validated_data
        picked = value["document_ids"]
        if not picked and value["metadata_condition"]:
            picked = metadata.matching(self.kbs, value["metadata_condition"])
        return self.options_with(document_ids=picked, size=value["page_size"])
