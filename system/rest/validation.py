"""Validation with the texts that clients compare (contract A.8): serializers that take no value for another.

The fields accept exactly what JSON means: no number for a string, no string for a number, no bool for an integer.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty
from rest_framework.settings import api_settings

from system.errors import ArgumentError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

REQUIRED = "Field required"
EXTRA = "Extra inputs are not permitted"
SHOWN = 125  # characters of a value in a message

Messages = dict[str, "str | _StrPromise"]

_WHOLE = api_settings.NON_FIELD_ERRORS_KEY
_TRUE = {"true", "1", "yes", "y", "t", "on"}
_FALSE = {"false", "0", "no", "n", "f", "off"}
_RANGE: Messages = {
    "max_value": "Input should be less than or equal to {max_value}",
    "min_value": "Input should be greater than or equal to {min_value}",
}


def _kind(text: str) -> Messages:
    return {"invalid": text, "null": text, "required": REQUIRED}


class StrictString(serializers.CharField):
    """A JSON string; trimmed unless `trim_whitespace=False`."""

    default_error_messages = {
        **_kind("Input should be a valid string"),
        "blank": "String should have at least 1 character",
        "max_length": "String should have at most {max_length} characters",
    }

    def run_validation(self, data: Any = empty) -> Any:
        """The string; what is blank is decided after trimming, by `to_internal_value`."""
        return super(serializers.CharField, self).run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        """The string."""
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = data.strip() if self.trim_whitespace else data
        if not text and not self.allow_blank:
            self.fail("blank")
        return text


class StrictInteger(serializers.IntegerField):
    """A JSON integer."""

    default_error_messages = {**_kind("Input should be a valid integer"), **_RANGE}

    def to_internal_value(self, data: Any) -> int:
        """The integer."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictNumber(serializers.FloatField):
    """A JSON number; an integer stays one."""

    default_error_messages = {**_kind("Input should be a valid number"), **_RANGE}

    def to_internal_value(self, data: Any) -> float:
        """The number."""
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictBoolean(serializers.BooleanField):
    """A JSON boolean."""

    default_error_messages = _kind("Input should be a valid boolean")

    def to_internal_value(self, data: Any) -> bool:
        """The boolean."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictList(serializers.ListField):
    """A JSON array."""

    default_error_messages = {
        **_kind("Input should be a valid list"),
        "not_a_list": "Input should be a valid list",
    }


class StrictChoice(serializers.ChoiceField):
    """One of a few strings; everything else, null too, gets the list of them."""

    def __init__(self, choices: list[str], **kwargs: Any) -> None:
        quoted = [repr(choice) for choice in choices]
        text = f"Input should be {', '.join(quoted[:-1])} or {quoted[-1]}"
        messages: Messages = {"invalid_choice": text, "null": text, "required": REQUIRED}
        super().__init__(choices, error_messages=messages, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The string."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice")
        return data


class QueryInteger(serializers.IntegerField):
    """An integer spelled in a query parameter."""

    default_error_messages = {
        **_kind("Input should be a valid integer, unable to parse string as an integer"),
        "max_string_length": "Input should be a valid integer, unable to parse string as an integer",
        **_RANGE,
    }


class QueryBoolean(serializers.BooleanField):
    """A boolean spelled in a query parameter: true/false, yes/no, on/off, t/f, y/n, 1/0 in any case."""

    default_error_messages = _kind("Input should be a valid boolean, unable to interpret input")

    def to_internal_value(self, data: Any) -> bool:
        """The boolean."""
        word = str(data).lower()
        if word not in _TRUE | _FALSE:
            self.fail("invalid")
        return word in _TRUE


class StrictSerializer(serializers.Serializer[Any]):
    """An object without unknown keys; `called` is the name that messages give it."""

    called = "object"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        text = f"Input should be a valid dictionary or instance of {self.called}"
        kwargs["error_messages"] = {"invalid": text, "null": text, "required": REQUIRED}
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The values; violations in the order of the fields, then those of unknown keys."""
        value: dict[str, Any] = {}
        errors: dict[Any, Any] = {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            errors = dict(error.detail) if isinstance(error.detail, dict) else {_WHOLE: error.detail}
        if isinstance(data, Mapping):
            errors |= {key: [EXTRA] for key in data if key not in self.fields}
        if errors:
            raise ValidationError(errors)
        return value


S = TypeVar("S", bound=StrictSerializer)


def validated(rules: type[S], data: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """What `rules` make of `data`: trimmed, with defaults; `partial` leaves absent keys absent, nested ones too.

    Raises ArgumentError with one line per violation.
    """
    serializer = rules(data=data, partial=partial)
    if not serializer.is_valid():
        raise ArgumentError("\n".join(violations(serializer.errors, data)))
    value: dict[str, Any] = serializer.validated_data
    return value


def violation(path: str, text: str, value: Any) -> str:
    """One line of a validation message."""
    shown = str(value)
    if len(shown) > SHOWN + 3:
        shown = f"{shown[:SHOWN]}..."
    return f"Field: <{path}> - Message: <{text}> - Value: <{shown}>"


def violations(errors: Any, data: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The lines for `errors`, in the shape that a serializer of ours gives for `data`."""
    if not isinstance(errors, dict):
        yield from (violation(".".join(path), str(text), data) for text in errors)
        return
    for key, nested in errors.items():
        if key == _WHOLE and not isinstance(data, Mapping):
            yield from violations(nested, data, path)
        else:
            # An absent field has no value to show: its object is shown instead.
            absent = isinstance(data, Mapping) and key not in data
            yield from violations(nested, data if absent else data[key], (*path, str(key)))
