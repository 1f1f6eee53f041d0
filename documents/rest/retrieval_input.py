"""What every search may be told, and the checks of it (contract B.3, C.6, F)."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework import serializers

from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Options
from knowledgebases.retrieval import query as queries
from system.errors import ArgumentError, Code, NotFound, TooLarge
from system.rest.failures import Unhandled
from system.rest.refusing import Integer, Number, Switch, Text, Texts, integer, lookup_error, number

QUESTION_CHARS = 10_000


def question_text(value: Any, name: str = "question") -> str:
    """A question, or the keywords of a list: a text that is not too long."""
    if not isinstance(value, str):
        raise ArgumentError(f"`{name}` should be a text.")
    if len(value) > QUESTION_CHARS:
        raise TooLarge(f"`{name}` may have {QUESTION_CHARS:,} characters; this one has {len(value):,}. Shorten it.")
    return value


def positive_top_k(value: Any) -> int:
    """How many candidates to take, at least 1."""
    found: int = integer("top_k", 1024)(value)
    if found <= 0:
        raise Unhandled("`top_k` must be greater than 0")
    return found


def chat_only(name: str) -> Callable[[Any], None]:
    """Nothing, for what would need a chat model."""

    def check(value: Any) -> None:
        if asked_for(value):
            raise ArgumentError(f"`{name}` needs a chat model, which this site cannot call; leave it out.")

    return check


def asked_for(value: Any) -> bool:
    """Whether a value asks for what it names: nothing empty does, nor the word `false`."""
    return bool(value) and str(value).lower() != "false"


def refuse_unfilled(kbs: Sequence[Knowledgebase], *, code: Code = Code.DATA) -> None:
    """Tell of datasets without a single chunk, where the contract (B.7, C.6) has it be an error to search them."""
    if not any(kb.chunk_num for kb in kbs):
        raise NotFound("No chunk found! Check the chunk status please!", code=code)


def _rerank(value: Any) -> None:
    if value:  # no tenant has a rerank model: there is no route yet to set one up
        raise lookup_error(f"Model({value}) not authorized")


class SourcesInput(serializers.Serializer[None]):
    """Where to search, to be checked before how.

    Context `reach` gives the datasets with some ids, or raises what the route has to say of one that is out of reach.
    """

    kbs: list[Knowledgebase]

    def reach(self, given: list[str]) -> list[Knowledgebase]:
        """The datasets with these ids, all of one model."""
        self.kbs = self.context["reach"](given)
        queries.common_space(self.kbs)
        return self.kbs


class SearchInput(serializers.Serializer[None]):
    """What both APIs call by the same name; null counts as absent."""

    top_k = Integer(positive_top_k, absent=1024, help_text="At most so many candidates by vector.")
    rerank_id = Text(_rerank)
    page = Integer(integer("page", 1), absent=1)
    vector_similarity_weight = Number(
        number("vector_similarity_weight", 0.3), absent=0.3, help_text="Of vectors against terms, 0 to 1."
    )
    keyword = Switch(chat_only("keyword"))
    cross_languages = Texts(chat_only("cross_languages"))
    use_kg = Switch(chat_only("use_kg"))

    def options_with(self, *, document_ids: Sequence[str], size: int) -> Options:
        """How to search these documents (all, where there are none), for a page of `size` hits."""
        value: dict[str, Any] = self.validated_data
        return Options(
            document_ids=document_ids or None,
            page=max(1, value["page"]),
            page_size=max(0, size),
            threshold=value["similarity_threshold"],
            weight=value["vector_similarity_weight"],
            top_k=value["top_k"],
            highlight=value["highlight"],
        )
