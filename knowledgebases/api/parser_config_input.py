"""What a dataset's `parser_config` may hold (contract B.1, "parser_config fields")."""

import json
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from knowledgebases.parser_config import CHARS, ENTITY_TYPES, SUMMARY_PROMPT
from system.rest.validation import (
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    StrictList,
    StrictNumber,
    StrictSerializer,
    StrictString,
)


class RaptorInput(StrictSerializer):
    """Summaries of clusters of chunks."""

    called = "RaptorConfig"

    use_raptor = StrictBoolean(default=False)
    prompt = StrictString(default=SUMMARY_PROMPT)
    max_token = StrictInteger(min_value=1, max_value=2048, default=256)
    threshold = StrictNumber(min_value=0, max_value=1, default=0.1)
    max_cluster = StrictInteger(min_value=1, max_value=1024, default=64)
    random_seed = StrictInteger(min_value=0, default=0)


class GraphragInput(StrictSerializer):
    """The knowledge graph."""

    called = "GraphragConfig"

    use_graphrag = StrictBoolean(default=False)
    entity_types = StrictList(
        child=StrictString(allow_blank=True, trim_whitespace=False), default=lambda: list(ENTITY_TYPES)
    )
    method = StrictChoice(["light", "general"], default="light")
    community = StrictBoolean(default=False)
    resolution = StrictBoolean(default=False)


class ParserConfigInput(StrictSerializer):
    """A config: at creation complete, with defaults; in an update only the keys that are sent."""

    called = "ParserConfig"

    auto_keywords = StrictInteger(min_value=0, max_value=32, default=0)
    auto_questions = StrictInteger(min_value=0, max_value=10, default=0)
    chunk_token_num = StrictInteger(min_value=1, max_value=2048, default=512)
    delimiter = StrictString(trim_whitespace=False, default="\\n")
    graphrag = GraphragInput(default=lambda: completed(GraphragInput))
    html4excel = StrictBoolean(default=False)
    layout_recognize = StrictString(allow_blank=True, trim_whitespace=False, default="DeepDOC")
    raptor = RaptorInput(default=lambda: completed(RaptorInput))
    tag_kb_ids = StrictList(child=StrictString(allow_blank=True, trim_whitespace=False), default=list)
    topn_tags = StrictInteger(min_value=1, max_value=10, default=1)
    filename_embd_weight = StrictNumber(min_value=0, max_value=1, allow_null=True, default=0.1)
    task_page_size = StrictInteger(min_value=1, allow_null=True, default=None)
    pages = StrictList(child=StrictList(child=StrictInteger()), allow_null=True, default=None)

    def run_validation(self, data: Any = empty) -> Any:
        """The config. `{}` stays `{}`: it means the method's own default."""
        if data == {}:
            return {}
        config = super().run_validation(data)
        size = len(json.dumps(config, ensure_ascii=False)) if config else 0
        if size > CHARS:
            raise ValidationError(
                [f"Parser config exceeds size limit (max {CHARS:,} characters). Current size: {size:,}"]
            )
        return config


def completed(rules: type[StrictSerializer]) -> dict[str, Any]:
    """All defaults of a config object."""
    value: dict[str, Any] = rules().run_validation({})
    return value
