"""What the retrieval route accepts (contract B.3)."""

from typing import Any

from documents.api.conditions import HELP, conditions
from documents.models import Document
from documents.rest.retrieval_input import SearchInput, SourcesInput, asked_for, optional, own_value, question_text
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options
from system.errors import DataError, NotFound
from system.rest.refusing import Integer, Number, Object, Switch, Text, Texts, few, ids, integer


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
    similarity_threshold = Number(
        optional("similarity_threshold"),
        absent=None,
        help_text="Least similarity of a hit. Absent: that of the datasets, 0.2 unless they were given another.",
    )
    highlight = Switch(_highlight, absent=None, help_text="On unless false.")
    metadata_condition = Object(
        conditions, absent=None, help_text=f"{HELP} Ignored with `document_ids`, or where no document meets it."
    )
    explain = Switch(asked_for, absent=False, help_text="Tell what each similarity is the sum of.")
    timings = Switch(asked_for, absent=False, help_text="Tell how many milliseconds each stage took.")

    def options(self) -> Options:
        """How to search; conditions count only where no documents are named (contract F.4)."""
        value: dict[str, Any] = self.validated_data
        threshold = value["similarity_threshold"]
        return self.options_with(
            document_ids=value["document_ids"],
            where=None if value["document_ids"] else value["metadata_condition"],
            size=value["page_size"],
            threshold=own_value(self.kbs, "similarity_threshold", 0.2) if threshold is None else threshold,
        )
