"""Ways to search, as they are compared: what a search takes, under the names that searches take it by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledgebases import rerankers
from knowledgebases.models import Knowledgebase
from knowledgebases.rerankers import Reranker
from knowledgebases.retrieval import Options
from system.errors import ArgumentError

SETTINGS = 10  # of one evaluation
FIRST = "defaults"
"""What the way to search is called in which nothing is chosen."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a search is told; what it is not told is as the dataset has it."""

    given: Mapping[str, Any]

    def __str__(self) -> str:
        return " ".join(f"{name}={self.given[name]}" for name in _CHECKS if name in self.given) or FIRST

    def effective(self, kb: Knowledgebase) -> dict[str, Any]:
        """What a search of the dataset then goes by."""
        own = {
            "similarity_threshold": kb.similarity_threshold,
            "vector_similarity_weight": kb.vector_similarity_weight,
            "top_k": Options().top_k,
            "rerank_id": "",
        }
        return {**own, **self.given}

    def options(self, kb: Knowledgebase, *, hits: int, tag_sets: Sequence[Knowledgebase]) -> Options:
        """The search, for one page of `hits`. Raises ArgumentError for a rerank model that the tenant does not have."""
        value = self.effective(kb)
        return Options(
            page_size=hits,
            threshold=value["similarity_threshold"],
            weight=value["vector_similarity_weight"],
            top_k=value["top_k"],
            reranker=_reranker(kb, value["rerank_id"]) if value["rerank_id"] else None,
            tag_sets=tag_sets,
        )


def _reranker(kb: Knowledgebase, model_id: str) -> Reranker:
    found = rerankers.find(kb.tenant_id, model_id)
    if found is None:
        raise ArgumentError(f"The tenant of the dataset has no rerank model {model_id[:64]!r}.")
    return found


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[str, Any], float]:
    def check(name: str, value: Any) -> float:
        kind = "whole number" if whole else "number"
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not good or not least <= value <= most:  # NaN is not
            raise ArgumentError(f"`{name}` should be a {kind} from {least} to {most}, not {str(value)[:64]!r}.")
        found: float = value
        return found

    return check


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise ArgumentError(f"`{name}` should be a text, not {str(value)[:64]!r}.")
    return value


NAMES: Mapping[str, str] = {
    "similarity_threshold": "Least similarity of a hit, 0 to 1.",
    "vector_similarity_weight": "Of vectors against terms, 0 to 1.",
    "top_k": "At most so many candidates by vector.",
    "rerank_id": "`name@provider` of a rerank model: judges the 30 best, which are then the only hits.",
}
"""What a setting may tell, with what it means."""
_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "similarity_threshold": _number(0, 1),
    "vector_similarity_weight": _number(0, 1),
    "top_k": _number(1, 100_000, whole=True),
    "rerank_id": _text,
}


def setting(given: Any) -> Setting:
    """A way to search out of JSON. Raises ArgumentError for names that searches do not have, and for wrong values."""
    if not isinstance(given, Mapping):
        raise ArgumentError("A setting should be an object.")
    if unknown := [str(name) for name in given if name not in _CHECKS]:
        raise ArgumentError(f"A search has no setting {unknown[0][:64]!r}; there are {', '.join(_CHECKS)}.")
    return Setting({name: check(name, given[name]) for name, check in _CHECKS.items() if name in given})


def several(listed: Sequence[Any]) -> list[Setting]:
    """Different ways to search; none given: the defaults. Raises ArgumentError."""
    if len(listed) > SETTINGS:
        raise ArgumentError(f"An evaluation compares up to {SETTINGS} settings; these are {len(listed)}.")
    settings = [setting(one) for one in listed] or [Setting({})]
    for place, one in enumerate(settings):
        if one in settings[:place]:
            raise ArgumentError(f"The setting {one} is there twice.")
    return settings
