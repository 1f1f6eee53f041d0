"""How datasets cut their documents: defaults per chunk method (contract E.2), and how configs merge (B.1, C.4)."""

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from knowledgebases.models import Method
from system.errors import TooLarge

Config = dict[str, Any]

CHARS = 65_535  # of a config as JSON
FIELD_MAP = "field_map"  # columns of the tables in a dataset; written while they are parsed

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


class Change(Protocol):
    """A way for a config that was given to change the stored one."""

    def __call__(self, stored: Mapping[str, Any], given: Mapping[str, Any] | None, *, new_method: str | None) -> Config:
        """The config after an update; `given` None: there was none in it. `new_method`: that is changed to, if any."""


def merge(base: Mapping[str, Any], over: Mapping[str, Any], *, unite: bool = False) -> Config:
    """`base` with the values of `over`: objects merge key by key, everything else of `over` replaces.

    With `unite`, a list that meets a list does not replace it: the union of both does.
    """
    merged = copy.deepcopy(dict(base))
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value, unite=unite)
        elif unite and isinstance(below, list) and isinstance(value, list):
            merged[key] = copy.deepcopy(union([*below, *value]))
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def union(members: Iterable[Any]) -> list[Any]:
    """Each of some JSON values once, where it first stands; equal are those with equal JSON: 1 and true are two."""
    first: dict[str, Any] = {}
    for member in members:
        first.setdefault(json.dumps(member, sort_keys=True), member)
    return list(first.values())


def created(method: str, given: Mapping[str, Any] | None) -> Config:
    """The config of a new dataset: `given` (complete, by the input rules) over the method's default."""
    return sized(merge(default(method), given or {}))


def changed(stored: Mapping[str, Any], given: Mapping[str, Any] | None, *, new_method: str | None) -> Config:
    """The REST API's way: `given` over `stored`; without one, the default of a method that is changed to."""
    if given:
        return merge(stored, given)
    return default(new_method) if new_method else dict(stored)


def replaced(stored: Mapping[str, Any], given: Mapping[str, Any] | None, *, new_method: str | None) -> Config:
    """The web API's way: `given` as it is in the place of `stored`, whatever the method."""
    return dict(stored if given is None else given)


def united(stored: Mapping[str, Any], given: Mapping[str, Any] | None, *, new_method: str | None) -> Config:
    """The deep merge: `given` over `stored` with the union of their lists, whatever the method."""
    return merge(stored, given or {}, unite=True)


def with_field_map(config: Config, stored: Mapping[str, Any], *, before: str, after: str) -> Config:
    """`config` with the map of columns of a dataset that stays TABLE, and without that of one that leaves it."""
    if after == Method.TABLE:
        return {FIELD_MAP: stored[FIELD_MAP], **config} if FIELD_MAP in stored else config
    return {key: value for key, value in config.items() if before != Method.TABLE or key != FIELD_MAP}


def sized(config: Config) -> Config:
    """`config`, unless it is too long to be kept. Raises TooLarge."""
    size = len(json.dumps(config, ensure_ascii=False))
    if size > CHARS:
        raise TooLarge(f"Parser config exceeds size limit (max {CHARS:,} characters). Current size: {size:,}")
    return config
