"""Secrets kept out of logs."""

import logging
import re

# Our token values, bearer headers, the usual shapes of provider keys; and whatever stands where a route has a secret in
# its address: the compatible deletion of a token, the signatures of addresses.
_SECRET = re.compile(
    r"(ragflow-|sk-|[Bb]earer\s+)[A-Za-z0-9_\-.=%:]{6,}|(/system/+token/+|[?&](?:signature|auth|token|beta)=)[^\s\"'?&#]+"
)


def redact(text: str) -> str:
    """`text` with everything that looks like a secret cut out."""
    return _SECRET.sub(lambda match: f"{match[1] or match[2]}[redacted]", text)


class RedactSecrets(logging.Filter):
    """Cuts secrets out of log lines, their arguments and traces."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass."""
        record.msg, record.args = redact(_text(record)), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def _text(record: logging.LogRecord) -> str:
    """The message; where its arguments do not fit, the message without them.

    A filter runs in the caller, who must not fail because of a log line. The handler would print the arguments, with
    whatever secrets they hold.
    """
    try:
        return record.getMessage()
    except Exception as error:  # anything: formatting runs `__str__` of the arguments
        return f"{record.msg!r} (its arguments do not fit: {type(error).__name__})"
