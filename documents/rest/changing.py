"""What both APIs ask of new values of a document (contract B.2, C.5)."""

from typing import Any

from system.rest.failures import no_attribute
from system.rest.refusing import mapping


def text_name(value: Any) -> str:
    """A name; what is no text is refused as encoding it would be."""
    if not isinstance(value, str):
        raise no_attribute(value, "encode")
    return value


def config(value: Any) -> dict[str, Any]:
    """An object to be merged into a document's config; null counts as an empty one."""
    given: dict[str, Any] = mapping("parser_config must be a dictionary")({} if value is None else value)
    return given
