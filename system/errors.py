"""The errors that callers are shown; anything else that is raised is a bug."""

from enum import IntEnum
from http import HTTPStatus
from typing import Any, ClassVar


class Code(IntEnum):
    """Result codes of the wire contract (A.2)."""

    SUCCESS = 0
    NOT_EFFECTIVE = 10
    EXCEPTION = 100
    ARGUMENT = 101
    DATA = 102
    OPERATING = 103
    CONNECTION = 105
    RUNNING = 106
    PERMISSION = 108
    AUTHENTICATION = 109
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    SERVER = 500


class RagError(Exception):
    """An expected failure: a contract code, a message fit to show, and a truthful HTTP status.

    `data` is what the web envelope carries beside the message (`False` for refused permissions, for instance);
    `headers` go into the answer (`Retry-After`).
    """

    code: ClassVar[Code] = Code.DATA
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST

    def __init__(
        self,
        message: str,
        *,
        code: Code | None = None,
        status: HTTPStatus | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = self.code if code is None else code
        self.http_status = self.status if status is None else status
        self.data = data
        self.headers = headers or {}


class ArgumentError(RagError):
    """A field of the request has a wrong shape or value."""

    code = Code.ARGUMENT


class DataError(RagError):
    """The request is well formed, but the data do not allow it."""

    code = Code.DATA


class NotFound(RagError):
    """The object does not exist, or the caller may not know that it does."""

    code = Code.DATA
    status = HTTPStatus.NOT_FOUND


class Forbidden(RagError):
    """The caller lacks the right."""

    code = Code.PERMISSION
    status = HTTPStatus.FORBIDDEN


class Conflict(RagError):
    """The state of the object does not allow it now."""

    code = Code.DATA
    status = HTTPStatus.CONFLICT


class PartlyDone(RagError):
    """Some of what was asked for is done: `data` tells of each item, in order, on every route."""


class TooLarge(RagError):
    """More bytes, rows or items than a limit allows."""

    code = Code.ARGUMENT
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooMany(RagError):
    """A quota or rate is used up; `Retry-After` says when to come back."""

    code = Code.OPERATING
    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(RagError):
    """Something outside does not answer; trying again may help."""

    code = Code.CONNECTION
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Suspended(Unavailable):
    """Something outside that was not asked, because it fails at the moment or is busy: nothing was tried."""


class Misconfigured(RagError):
    """The configuration is wrong: trying again helps nobody until an operator mends it."""

    code = Code.OPERATING
    status = HTTPStatus.BAD_REQUEST


class FaultCode:
    """Why a document cannot be ingested (parsing.md: every failure is one of few codes)."""

    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed"


class DocumentFault(RagError):
    """The document's own doing: its bytes cannot be parsed within the limits.

    `fault` is one of `FaultCode`; the message says what is wrong and what to do. `retry` tells whether a second try
    may end better (a crash or overrun might have been the machine's; an encrypted file stays encrypted).
    """

    def __init__(self, fault: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.fault = fault
        self.retry = retry
