"""How datasets cut their documents: defaults per chunk method (contract E.2), and how configs merge (B.1)."""

import copy
from collections.abc import Mapping
from typing import Any

from knowledgebases.models import Method

Config = dict[str, Any]

SUMMARY_PROMPT = (
    "Please summarize the following paragraphs. Be careful with the numbers, do not make things up. "
    "Paragraphs as following:\n      {cluster_content}\nThe above is the content you need to summarize."
)
ENTITY_TYPES = ["organization", "person", "geo", "event", "category"]

_OFF: Config = {"raptor": {"use_raptor": False}, "graphrag": {"use_graphrag": False}}
_NAIVE: Config = {
    "layout_recognize": "DeepDOC",
    "chunk_token_num": 512,
    "delimiter": "\n",
    "auto_keywords": 0,
    "auto_questions": 0,
    "html4excel": False,
    "topn_tags": 3,
    "raptor": {
        "use_raptor": True,
        "prompt": SUMMARY_PROMPT,
        "max_token": 256,
        "threshold": 0.1,
        "max_cluster": 64,
        "random_seed": 0,
    },
    "graphrag": {"use_graphrag": True, "entity_types": ENTITY_TYPES, "method": "light"},
}
_KNOWLEDGE_GRAPH: Config = {
    "chunk_token_num": 8192,
    "delimiter": "\\n",
    "entity_types": ["organization", "person", "location", "event", "time"],
    **_OFF,
}
_BY_METHOD: dict[str, Config] = {
    Method.NAIVE: _NAIVE,
    Method.KNOWLEDGE_GRAPH: _KNOWLEDGE_GRAPH,
    **dict.fromkeys([Method.QA, Method.MANUAL, Method.PAPER, Method.BOOK, Method.LAWS, Method.PRESENTATION], _OFF),
}


def default(method: str) -> Config:
    """The config of a dataset that was given none; a copy of its own. Methods without one get `{}`."""
    return copy.deepcopy(_BY_METHOD.get(method, {}))


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Config:
    """`base` with the values of `over`: objects merge key by key, everything else of `over` replaces."""
    merged = copy.deepcopy(dict(base))
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else copy.deepcopy(value)
        )
    return merged


def created(method: str, given: Mapping[str, Any] | None) -> Config:
    """The config of a new dataset: `given` (complete, by the input rules) over the method's default."""
    return merge(default(method), given or {})


def changed(stored: Mapping[str, Any], given: Mapping[str, Any] | None, *, new_method: str | None) -> Config:
    """The config after an update: `given` over `stored`; without one, the default of a method that is changed to."""
    if given:
        return merge(stored, given)
    return default(new_method) if new_method else dict(stored)
