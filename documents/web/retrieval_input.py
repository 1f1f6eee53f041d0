"""What a search by the web API accepts (contract C.6)."""

from typing import Any

from documents.rest.retrieval_input import SearchInput, SourcesInput, asked_for, question_text
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options
from system.errors import ArgumentError, DataError
from system.rest.refusing import Integer, Number, Switch, Text, Texts, few, ids, integer, number


def _datasets(value: Any) -> list[str]:
    if not value:
        raise DataError("Please specify dataset firstly.")
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise ArgumentError("`kb_id` should be the id of a dataset, or a list of ids.")
    return [str(item) for item in few(value)]


def _saved_search(value: Any) -> None:
    if asked_for(value):
        raise ArgumentError("`search_id` names a saved search, and this site keeps none; leave it out.")


class _Sources(SourcesInput):
    """Where to search and for what."""

    kb_id = Texts(_datasets, help_text="Ids of datasets; one may be a text.")
    question = Text(question_text)
    doc_ids = Texts(ids(DataError("`doc_ids` should be a list")), absent=[], help_text="Search only these documents.")

    def validate_kb_id(self, given: list[str]) -> list[Knowledgebase]:
        """The datasets, all in reach and of one model."""
        return self.reach(given)


class RetrievalTestInput(_Sources, SearchInput):
    """A question to datasets, in the order of the checks; unknown keys are ignored, null counts as absent."""

    size = Integer(integer("size", 30), absent=30)
    similarity_threshold = Number(number("similarity_threshold", 0.0), absent=0.0)
    highlight = Switch(bool, absent=False, help_text="On for all that is not empty, 0 or false.")
    search_id = Text(_saved_search)

    def options(self) -> Options:
        """How to search; documents of other datasets find nothing."""
        value: dict[str, Any] = self.validated_data
        return self.options_with(
            document_ids=value["doc_ids"], size=value["size"], threshold=value["similarity_threshold"]
        )
