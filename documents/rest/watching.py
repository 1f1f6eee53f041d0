"""Who watches, what they ask for, and streams of events (Server-Sent Events, WHATWG HTML §9.2)."""

import functools
import json
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import Any, Self

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from documents.rest.sights import SightSerializer, SummarySerializer
from documents.watching.changes import Moment
from documents.watching.datasets import Summary
from documents.watching.hub import hub
from documents.watching.permits import CallerPermit, logged_in, owner_of_token
from documents.watching.settling import Wait
from documents.watching.sights import Sight
from documents.watching.streams import Batch, End, Event, Permit, Removed, Stream, Target
from system.models import APIToken
from system.rest.authentication import session_user
from system.rest.validation import QueryInteger, StrictSerializer, validated
from system.transactions import let_go

KEEPALIVE = 15.0  # seconds between two signs of life, for proxies that close what is silent
_BEGIN_SECONDS = 5.0  # that the first look may take
_GLANCE = 1.0  # seconds between two looks at whether the client is still there
_UNREAD_MS = 20_000  # that bytes may lie unread before the kernel gives the client up
_RETRY_MS = 1000  # after which a client that lost its stream comes back


class WaitQuery(StrictSerializer):
    """How long to wait."""

    wait = QueryInteger(min_value=0, max_value=settings.RAG_WAIT_SECONDS, default=0)


class StreamQuery(StrictSerializer):
    """How long a stream is to last, and where it is to go on."""

    seconds = QueryInteger(min_value=0, max_value=settings.RAG_STREAM_SECONDS, default=settings.RAG_STREAM_SECONDS)


WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": settings.RAG_WAIT_SECONDS, "default": 0},
    description="Seconds to wait, at most, until nothing is under way any more; `under_way` tells how it ended.",
)
WAIT_HERE = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": settings.RAG_WAIT_SECONDS, "default": 0},
    description="Seconds to wait, at most, until the documents are finished. The header `Ragsite-Under-Way` of the "
    "answer, `true` or `false`, tells whether one still is under way.",
)
STREAM = [
    OpenApiParameter(
        "seconds",
        {"type": "integer", "minimum": 0, "maximum": settings.RAG_STREAM_SECONDS},
        description="How long the stream is to last; 0: what there is to tell now. As long as may be, unless given.",
    ),
    OpenApiParameter(
        "Last-Event-ID",
        str,
        location=OpenApiParameter.HEADER,
        description="The id of the last event that was received: what changed since is told. Browsers send it.",
    ),
]


def asked_wait(query: Mapping[str, str]) -> int:
    """The seconds that `?wait=` asks for. Raises ArgumentError."""
    seconds: int = validated(WaitQuery, {"wait": query["wait"]} if "wait" in query else {})["wait"]
    return seconds


def told_by_header(wait: Wait) -> dict[str, str]:
    """Wait, and tell how it ended in a header: the body of the answer is the contract's."""
    return {"Ragsite-Under-Way": "true" if wait.until_finished() else "false"}


def permit_of(request: Request) -> Permit:
    """The right by which the caller of a request watches: their token, or their session."""
    user_id = str(request.user.pk)
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    if isinstance(request.auth, APIToken):
        value = header.split()[1]
        return CallerPermit(user_id, f"token {value}", lambda: owner_of_token(value))
    if header:
        token = header.split()[-1]
        return CallerPermit(user_id, f"login {token}", lambda: session_user(token))
    key = request.session.session_key or ""
    return CallerPermit(user_id, f"session {key}", lambda: logged_in(key))


def streamed(request: HttpRequest | Request, target: Target, permit: Permit) -> StreamingHttpResponse:
    """The stream of what changes of `target`, as long as the caller may watch it. Raises ArgumentError, TooMany."""
    given = {"seconds": request.GET["seconds"]} if "seconds" in request.GET else {}
    seconds = validated(StreamQuery, given)["seconds"]
    if request.method == "HEAD":
        seconds = 0  # nothing of it is sent, and the client's next request on this connection must not wait for its end
    last_id = request.META.get("HTTP_LAST_EVENT_ID", "")
    since = Moment.of(last_id)
    stream = hub.join(target, permit, since, resumed=bool(last_id))
    link = request.META.get("gunicorn.socket")
    answer = StreamingHttpResponse(Told(stream, seconds, link), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # nginx would gather events
    return answer


class Told:
    """The bytes of a stream; takes its leave of the hub when it is closed, begun or not."""

    def __init__(self, stream: Stream, seconds: float, link: socket.socket | None) -> None:
        self._stream = stream
        self._link = link
        self._seconds = seconds
        self._frames = self._told()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._frames)

    def close(self) -> None:
        """The client is gone, or all is said."""
        hub.leave(self._stream)
        self._frames.close()

    def _told(self) -> Generator[bytes, None, None]:
        let_go()
        _give_up_on_dead(self._link)
        yield f"retry: {_RETRY_MS}\n\n".encode()
        until = time.monotonic() + self._seconds
        spoke = time.monotonic()
        self._stream.begin(_BEGIN_SECONDS)
        while True:
            batch = self._stream.take(min(_GLANCE, max(until - time.monotonic(), 0.0)))
            if text := frames(batch):
                yield text
                spoke = time.monotonic()
            if batch.end or _hung_up(self._link):
                return
            if time.monotonic() >= until:
                yield frames(Batch(end=End.TIME))
                return
            if time.monotonic() - spoke >= KEEPALIVE:
                yield b": still here\n\n"
                spoke = time.monotonic()


def frames(batch: Batch) -> bytes:
    """A batch as events; the last one bears the id, so that a client that missed some of them is told all again."""
    told = [shown(event) for event in batch.events]
    if told and batch.until:
        told[-1] = b"id: " + str(batch.until).encode() + b"\n" + told[-1]
    if batch.end:
        told.append(_frame("end", {"reason": batch.end}))
    return b"".join(told)


@functools.lru_cache(maxsize=1024)  # one event goes to many streams
def shown(event: Event) -> bytes:
    """An event without id."""
    if isinstance(event, Sight):
        return _frame("document", SightSerializer(event).data)
    if isinstance(event, Summary):
        return _frame("dataset", SummarySerializer(event).data)
    if isinstance(event, Removed):
        return _frame("removed", {"id": event.id})
    return _frame("reset", {"reason": "more has changed than is told here: load everything anew"})


def _frame(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _give_up_on_dead(link: socket.socket | None) -> None:
    """Have the kernel end the connection of a client that does not read, instead of keeping a thread for it."""
    if link is not None and link.family in {socket.AF_INET, socket.AF_INET6} and hasattr(socket, "TCP_USER_TIMEOUT"):
        with suppress(OSError):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)


def _hung_up(link: socket.socket | None) -> bool:
    """Whether the client has closed the connection; a server without sockets finds out when it writes."""
    if link is None:
        return False
    try:
        return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True
