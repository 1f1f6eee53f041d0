"""What the document routes of the web API accept (contract C.5)."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework import serializers

from documents.changes import Change, check_suffix
from documents.filetypes import Kind
from documents.models import Document, Run
from documents.models.file import FOLDER
from documents.rest.changing import config, text_name
from documents.rest.querying import Narrowing
from system.errors import ArgumentError, DataError, RagError
from system.rest.bodies import Malformed, loads
from system.rest.refusing import Check, Object, Switch, Text, Texts, few, no_authorization

_SCHEDULED = "5"  # a run that the contract names and this site does not know: no document is in it
_RUNS = {*Run.values, _SCHEDULED}
_TYPES = {*Kind, FOLDER}
_SHOWN = 128  # characters of a value in a message


def _ids(refusal: Callable[[], RagError]) -> Check:
    """Ids of a list, each as text, or a single one; everything else is refused."""

    def check(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            raise refusal()
        return [str(item) for item in few(value)]

    return check


def _no_list(name: str) -> ArgumentError:
    return ArgumentError(f"`{name}` should be a list.", data=False)


def _values(name: str) -> Check:
    """Each value of a list once, as text; null counts as an empty list."""

    def check(value: Any) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise _no_list(name)
        return list(dict.fromkeys(str(item) for item in few(value)))

    return check


def _strange(given: Sequence[str], known: set[str]) -> list[str]:
    return [one[:_SHOWN] for one in given if one not in known]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _status(value: Any) -> bool:
    if str(value) not in {"0", "1"}:
        raise ArgumentError('"Status" must be either 0 or 1!', data=False)
    return str(value) == "1"


def _no_pipeline(value: Any) -> None:
    if value:
        raise DataError("Not supported yet!")


def _metadata(value: Any) -> dict[str, Any]:
    """The object that a JSON text spells, with texts and numbers as its values."""
    if not isinstance(value, str):
        raise ArgumentError("Json syntax error: `meta` should be the text of a JSON object.", data=False)
    try:
        fields = loads(value.encode())
    except Malformed as error:
        raise ArgumentError(f"Json syntax error: {error.detail}", data=False) from None
    if not isinstance(fields, dict):
        raise ArgumentError("Only dictionary type supported.", data=False)
    for item in fields.values():
        if not isinstance(item, str | int | float) or isinstance(item, bool):
            raise ArgumentError(f"The type is not supported: {str(item)[:_SHOWN]}", data=False)
    return fields


class NarrowingInput(serializers.Serializer[None]):
    """Which documents of a dataset to show; absent and empty lists narrow nothing."""

    run_status = Texts(_values("run_status"), absent=None, help_text="0 to 4, as `run` in rows.")
    types = Texts(_values("types"), absent=None, help_text="As `type` in rows.")
    suffix = Texts(_values("suffix"), absent=None, help_text="Such as `pdf`.")

    def validate_run_status(self, given: list[str]) -> list[str]:
        """Digits alone."""
        if strange := _strange(given, _RUNS):
            raise DataError(f"Invalid filter run status conditions: {', '.join(strange)}")
        return given

    def validate_types(self, given: list[str]) -> list[str]:
        """Types alone."""
        if strange := _strange(given, _TYPES):
            raise DataError(f"Invalid filter conditions: {', '.join(strange)} type{'s' if len(strange) > 1 else ''}")
        return given

    def narrowing(self, **more: Any) -> Narrowing:
        """The lists, checked, and what else narrows."""
        self.is_valid(raise_exception=True)
        value: dict[str, Any] = self.validated_data
        return Narrowing(runs=value["run_status"], types=value["types"], suffixes=value["suffix"], **more)


class FilterInput(NarrowingInput):
    """The same of a dataset that the body names too."""

    kb_id = Text(str)
    keywords = Text(_text, absent="", help_text="Part of the name, whatever its case.")

    def narrowing(self, **more: Any) -> Narrowing:
        """The lists and keywords, checked."""
        self.is_valid(raise_exception=True)
        return super().narrowing(keywords=self.validated_data["keywords"], **more)


class IdsInput(serializers.Serializer[None]):
    """Some documents."""

    doc_ids = Texts(_ids(no_authorization))


class RemovalInput(serializers.Serializer[None]):
    """Documents to delete."""

    doc_id = Texts(_ids(no_authorization), help_text="Ids, or a single one.")


class StatusInput(serializers.Serializer[None]):
    """Documents that searches are to find, or not."""

    status = Switch(_status, help_text="`1`: searches find their chunks; `0`: they do not.")
    doc_ids = Texts(_ids(lambda: _no_list("doc_ids")))


class ChangeInput(serializers.Serializer[Document]):
    """New values of the document `doc_id`."""

    doc_id = Text(str)

    def change(self) -> Change:
        """The values, checked."""
        self.is_valid(raise_exception=True)
        return Change(**{key: value for key, value in self.validated_data.items() if key != "doc_id"})


class RenameInput(ChangeInput):
    """Another name."""

    name = Text(text_name, help_text="With the suffix that the document has.")

    def validate_name(self, name: str) -> str:
        """The suffix is judged before the length, which the deed looks at."""
        if self.instance is not None:
            check_suffix(self.instance, name)
        return name


class MetaInput(ChangeInput):
    """Other metadata."""

    meta = Text(_metadata, source="meta_fields", help_text="JSON text of an object of texts and numbers.")


class ParserInput(ChangeInput):
    """Another chunk method or config: what differs from before takes the chunks away."""

    pipeline_id = Text(_no_pipeline, help_text="Empty: documents are ingested one way.")
    parser_id = Text(_text, source="method", help_text="The chunk method.")
    parser_config = Object(config, help_text="Merged into the document's.")

    def change(self) -> Change:
        """The values, checked; the method that the document has is none to change to."""
        self.is_valid(raise_exception=True)
        value: dict[str, Any] = self.validated_data
        method = value.get("method")
        known = self.instance.parser_id if self.instance else None
        return Change(
            method=method if method and method != known else None,
            parser_config=value.get("parser_config"),
            anew=True,
        )
