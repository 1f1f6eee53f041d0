"""What every search may be told, and the checks of it (contract B.3, C.6, F)."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework import serializers

from knowledgebases import rerankers
from knowledgebases.conditions import Where
from knowledgebases.models import Knowledgebase
from knowledgebases.rerankers import Reranker
from knowledgebases.retrieval import Options
from knowledgebases.retrieval import query as queries
from knowledgebases.retrieval.tagging import tag_sets
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


def optional(name: str) -> Callable[[Any], float | None]:
    """A number; None where the datasets, or the contract, have one of their own."""
    check = number(name, 0.0)
    return lambda value: None if value is None else check(value)


def own_value(kbs: Sequence[Knowledgebase], name: str, otherwise: float) -> float:
    """What the datasets that are searched have for a value which is not given; `otherwise` where they differ.

    Datasets are made with the values of the contract, so it holds until somebody gives them others.
    """
    values = {getattr(kb, name) for kb in kbs}
    return values.pop() if len(values) == 1 else otherwise


class SourcesInput(serializers.Serializer[None]):
    """Where to search, to be checked before how.

    Context `reach` gives the datasets with some ids, or raises what the route has to say of one that is out of reach;
    `reached` are the datasets within it.
    """

    kbs: list[Knowledgebase]

    def reach(self, given: list[str]) -> list[Knowledgebase]:
        """The datasets with these ids, all of one model."""
        self.kbs = self.context["reach"](given)
        queries.common_space(self.kbs)
        return self.kbs


class SearchInput(SourcesInput):
    """What both APIs call by the same name; null counts as absent."""

    top_k = Integer(positive_top_k, absent=1024, help_text="At most so many candidates by vector.")
    rerank_id = Text(
        lambda value: str(value) if value else "",
        absent="",
        help_text="`name@provider` of a rerank model: judges the 30 best, which are then the only hits.",
    )
    page = Integer(integer("page", 1), absent=1)
    vector_similarity_weight = Number(
        optional("vector_similarity_weight"),
        absent=None,
        help_text="Of vectors against terms, 0 to 1. Absent: that of the datasets, 0.3 unless they were given another.",
    )
    keyword = Switch(chat_only("keyword"))
    cross_languages = Texts(chat_only("cross_languages"))
    use_kg = Switch(chat_only("use_kg"))

    def validate_rerank_id(self, given: str) -> Reranker | None:
        """The model, one that is set up for the tenant of the datasets."""
        if not given:
            return None
        found = rerankers.find(self.kbs[0].tenant_id, given)
        if found is None:
            raise lookup_error(f"Model({given}) not authorized")
        return found

    def options_with(
        self, *, document_ids: Sequence[str], size: int, threshold: float, where: Where | None = None
    ) -> Options:
        """How to search these documents (all, where there are none), for a page of `size` hits.

        Where no document is as `where` has it, it restricts nothing (contract F.4).
        """
        value: dict[str, Any] = self.validated_data
        weight = value["vector_similarity_weight"]
        return Options(
            document_ids=document_ids or None,
            where=where,
            unless_none=where is not None,
            page=max(1, value["page"]),
            page_size=max(0, size),
            threshold=threshold,
            weight=own_value(self.kbs, "vector_similarity_weight", 0.3) if weight is None else weight,
            top_k=value["top_k"],
            highlight=value["highlight"],
            reranker=value["rerank_id"],
            tag_sets=tag_sets(self.kbs, self.context["reached"]),
        )
