"""Input fields that refuse a value with one error of the contract, raised at once.

Serializers run their fields in the order they are declared in, so that order is the order of checks. `validation` in
`system.rest` is for the routes that collect all violations; these are for the rest.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from system.errors import ArgumentError, Code, DataError, Forbidden, RagError, TooLarge
from system.rest.failures import Unhandled

Check = Callable[[Any], Any]
IDS = 10_000  # of one request


class Checked(serializers.Field[Any, Any, Any, Any]):
    """Any JSON value, null too, as `check` understands it; an absent one is left out, or checked as the default."""

    def __init__(self, check: Check, *, absent: Any = empty, **kwargs: Any) -> None:
        super().__init__(required=False, write_only=True, **kwargs)
        self.check = check
        self.absent = absent

    def run_validation(self, data: Any = empty) -> Any:
        """What the check makes of the value."""
        if data is empty:
            data = self.absent
        if data is empty:
            raise serializers.SkipField
        return self.check(data)


@extend_schema_field(OpenApiTypes.STR)
class Text(Checked):
    """A text."""


@extend_schema_field(OpenApiTypes.INT)
class Integer(Checked):
    """An integer."""


@extend_schema_field(OpenApiTypes.DOUBLE)
class Number(Checked):
    """A number."""


@extend_schema_field(OpenApiTypes.BOOL)
class Switch(Checked):
    """A boolean, or what stands for one."""


@extend_schema_field(OpenApiTypes.OBJECT)
class Object(Checked):
    """A JSON object."""


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class Texts(Checked):
    """A list of texts."""


def ids(refusal: RagError) -> Check:
    """Ids of a list, each as text; null counts as an empty list, `refusal` is for everything that is no list."""

    def check(value: Any) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise type(refusal)(refusal.message)
        return [str(item) for item in few(value)]

    return check


def few(given: list[Any]) -> list[Any]:
    """A list of ids that is not too long. Raises TooLarge."""
    if len(given) > IDS:
        raise TooLarge(f"A request may name {IDS:,} ids; this one names {len(given):,}. Send several requests.")
    return given


def parted(text: str) -> list[str]:
    """The ids of a query parameter that lists them with commas."""
    return few([one for one in text.split(",") if one])


def texts(refusal: str) -> Check:
    """A list of texts; a text that is none is refused as joining the list would be (contract B.3)."""
    listed = sequence(refusal)
    return lambda value: all_texts(listed(value))


def sequence(refusal: str) -> Check:
    """A list; what its items are is judged by `all_texts`, where other checks come first."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise DataError(refusal)
        return value

    return check


def all_texts(given: list[Any]) -> list[str]:
    """A list whose items are texts. Raises Unhandled."""
    for place, item in enumerate(given):
        if not isinstance(item, str):
            raise type_error(f"sequence item {place}: expected str instance, {type(item).__name__} found")
    return given


def mapping(refusal: str) -> Check:
    """A JSON object."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise DataError(refusal)
        return value

    return check


def integer(name: str, default: int) -> Check:
    """An integer, or text that spells one; null counts as the default."""
    return _number(name, default, int)


def number(name: str, default: float) -> Check:
    """A number, or text that spells one; null counts as the default."""
    return _number(name, default, float)


def _number(name: str, default: float, kind: type[int] | type[float]) -> Check:
    def check(value: Any) -> float:
        if value is None:
            return default
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                if abs(found := kind(value)) < 2**53:  # neither NaN nor beyond what a double counts exactly
                    return found
            except (ValueError, OverflowError):
                pass
        raise ArgumentError(f"`{name}` should be a number, not {str(value)[:64]!r}.")

    return check


def no_authorization() -> Forbidden:
    """The object is out of the caller's reach, or is not there: the web API tells neither (contract C, NOAUTH)."""
    return Forbidden("No authorization.", code=Code.AUTHENTICATION, data=False)


def only_owner() -> Forbidden:
    """The same of a dataset, where the reference words it otherwise (contract C, OWNER103)."""
    return Forbidden("Only owner of knowledgebase authorized for this operation.", code=Code.OPERATING, data=False)


def lookup_error(text: str) -> Unhandled:
    """An object that the reference does not find, in the shape of its exception."""
    return Unhandled(f"LookupError({text!r})", status=HTTPStatus.NOT_FOUND)


def type_error(text: str) -> Unhandled:
    """A value of another type than the reference works on, in the shape of its exception."""
    return Unhandled(f"TypeError({text!r})")


def repeated(given: Sequence[str], what: str) -> tuple[list[str], list[str]]:
    """The ids that were given, each once and in order, and a message for each that was given more than once."""
    counted = Counter(given)
    return list(counted), [f"Duplicate {what} ids: {one}" for one, count in counted.items() if count > 1]
