"""What the error replies of model endpoints mean, and what of them may be shown."""

import math
import time
from email.utils import parsedate_to_datetime
from typing import Any

from system.errors import Misconfigured, RagError, Unavailable
from system.transport import Answer

MESSAGE_CHARS = 300
LONGEST_WAIT = 3_600
"""Seconds: an endpoint that asks for more is asked again after this long."""


def fault_of(answer: Answer, model: str, key: str) -> RagError:
    """The error for a reply that is not 200: `Unavailable` for 408, 429 and 5xx, else `Misconfigured`.

    `Unavailable` carries the endpoint's `Retry-After` in its headers, in whole seconds.
    """
    said = message_of(answer, key)
    told = f" It says: {said}" if said else ""
    if answer.status in (408, 425, 429) or answer.status >= 500:
        wait = retry_after(answer.headers.get("retry-after", ""))
        headers = {} if wait is None else {"Retry-After": str(wait)}
        trouble = "is over its rate limit" if answer.status == 429 else "has a fault at the moment"
        return Unavailable(f"{answer.url} {trouble} (HTTP {answer.status}).{told}", headers=headers)
    cures = {401: "Check the API key.", 403: "Check the API key and its rights.", 404: "Check base URL and model name."}
    cure = cures.get(answer.status, "Check base URL, model name and key.")
    return Misconfigured(f"{answer.url} refuses the model `{model}` (HTTP {answer.status}).{told} {cure}")


def message_of(answer: Answer, key: str) -> str:
    """The endpoint's own words: printable, one line, short, and without the key it may quote."""
    try:
        said = _words(answer.json())
    except Misconfigured:
        said = ""
    if key:
        said = said.replace(key, "…")
    line = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return line if len(line) <= MESSAGE_CHARS else line[: MESSAGE_CHARS - 1] + "…"


def _words(value: Any) -> str:
    """The first text under the keys that such APIs use, at most three levels deep."""
    for _ in range(3):
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            return ""
        value = next((value[name] for name in ("error", "message", "detail", "msg") if value.get(name)), "")
    return value if isinstance(value, str) else ""


def retry_after(value: str) -> int | None:
    """Seconds of a `Retry-After` header, given as seconds or as a date; None where it cannot be read."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    if math.isnan(seconds):
        return None
    return math.ceil(min(max(seconds, 0), LONGEST_WAIT))
