"""What the dataset routes of the web API accept (contract C.4)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from rest_framework import serializers

from knowledgebases import datasets, parser_config
from knowledgebases.models import Method, Permission
from system.errors import ArgumentError, DataError
from system.rest.refusing import Check, Integer, Number, Object, Text, Texts, ids

TEXT_CHARS = 65_535  # of description and avatar
FIXED = ("id", "tenant_id", "created_by", "create_time", "update_time", "create_date", "update_date")

S = TypeVar("S", bound=serializers.Serializer[Any])


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise DataError("Dataset name must be string.")
    name = value.strip()
    if not name:
        raise DataError("Dataset name can't be empty.")
    if len(name.encode()) > datasets.NAME_BYTES:
        raise DataError(f"Dataset name length is {len(name)} which is large than {datasets.NAME_BYTES}")
    return name


def _text(name: str, chars: int = TEXT_CHARS) -> Check:
    def check(value: Any) -> str | None:
        if value is not None and not (isinstance(value, str) and len(value) <= chars):
            raise _refusal(name, f"null or a text of at most {chars:,} characters", value)
        return value

    return check


def _word(name: str, chars: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(word := value.strip()) <= chars:
            raise _refusal(name, f"a text of 1 to {chars} characters", value)
        return word

    return check


def _one_of(name: str, choices: Sequence[str]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _refusal(name, f"one of {', '.join(choices)}", value)
        return value

    return check


def _share(name: str) -> Check:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise _refusal(name, "a number from 0 to 1", value)
        return float(value)

    return check


def _pagerank(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise _refusal("pagerank", "a whole number from 0 to 100", value)
    return value


def _config(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refusal("parser_config", "an object", value)
    return parser_config.sized(value)


def _connectors(value: Any) -> list[Any]:
    if value is None or value == []:
        return []
    raise ArgumentError("`connectors` should be empty: this site has no connectors; upload files instead.")


def _or_default(check: Check) -> Check:
    """The check for a new dataset, for which null and the empty text are no choice."""

    def lenient(value: Any) -> Any:
        if value is None or value == "":
            raise serializers.SkipField
        return check(value)

    return lenient


def _refusal(name: str, wanted: str, value: Any) -> ArgumentError:
    return ArgumentError(f"`{name}` should be {wanted}, not {str(value)[:64]!r}.")


_METHOD = _one_of("parser_id", Method.values)
_PERMISSION = _one_of("permission", Permission.values)
_LANGUAGE = _word("language", 32)
_MODEL = _word("embd_id", 255)


class RawInput(serializers.Serializer[None]):
    """A new dataset; keys that are not known are ignored."""

    name = Text(_name, help_text="At most 128 bytes of UTF-8; a name that is taken gets a number.")
    parser_id = Text(_or_default(_METHOD), source="chunk_method", help_text="`naive` unless given.")
    parser_config = Object(_or_default(_config), help_text="Merged over the default of the method.")
    description = Text(_text("description"))
    permission = Text(_or_default(_PERMISSION), help_text="`me` unless given, or `team`.")
    avatar = Text(_text("avatar"))
    language = Text(_or_default(_LANGUAGE), help_text="`English` unless given.")
    embd_id = Text(_or_default(_MODEL), source="embedding_model", help_text="`name@provider`; else that of the tenant.")


class RawChanges(serializers.Serializer[None]):
    """New values of a dataset; keys that are not known, and what the site counts itself, are ignored."""

    name = Text(_name, help_text="At most 128 bytes of UTF-8.")
    description = Text(_text("description"))
    parser_id = Text(_METHOD, source="chunk_method")
    avatar = Text(_text("avatar"))
    embd_id = Text(_MODEL, source="embedding_model", help_text="Kept while there are chunks.")
    permission = Text(_PERMISSION, help_text="`me` or `team`.")
    language = Text(_LANGUAGE, help_text="Kept while there are chunks, where its words are stemmed otherwise.")
    pagerank = Integer(_pagerank, help_text="0 to 100, added to the score of its chunks.")
    parser_config = Object(_config, help_text="Replaces the stored one as it is.")
    similarity_threshold = Number(_share("similarity_threshold"), help_text="0 to 1.")
    vector_similarity_weight = Number(_share("vector_similarity_weight"), help_text="0 to 1.")
    connectors = Texts(_connectors, help_text="Empty: there are none.")


class RawUpdate(RawChanges):
    """New values, and the dataset."""

    kb_id = Text(str)


class DatasetRef(serializers.Serializer[None]):
    """A dataset."""

    kb_id = Text(str)


class OwnersInput(serializers.Serializer[None]):
    """Whose datasets to list."""

    owner_ids = Texts(
        ids(ArgumentError("`owner_ids` should be a list of tenant ids.")),
        absent=[],
        help_text="Tenants; empty: all in reach.",
    )


def accepted(rules: type[S], body: Mapping[str, Any]) -> dict[str, Any]:
    """What `rules` make of the keys of a body; the first value that will not do raises its error."""
    given = rules(data=body)
    given.is_valid(raise_exception=True)
    value: dict[str, Any] = given.validated_data
    return value


def config_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The config that a body is, or has under `parser_config` and nothing beside."""
    return _config(body["parser_config"] if list(body) == ["parser_config"] else dict(body))


def refuse_fixed(body: Mapping[str, Any]) -> None:
    """Raise ArgumentError where a body names a column that nobody may set (contract A.9)."""
    if named := next((key for key in FIXED if key in body), None):
        raise ArgumentError(f"Parameter {named} isn't allowed")
