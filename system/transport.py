"""The one outgoing HTTP client: it calls public addresses, within limits of time and size, whatever a user configured.

A host is resolved once, all its addresses are checked, and the connection goes to a checked address: a name that
changes between check and use (DNS rebinding) gains nothing. Host header and TLS name stay those of the URL. Proxies of
the environment are not used; `SSL_CERT_FILE` is, for a certificate authority of one's own.
"""

import os
import re
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
import orjson

from system.addresses import Guard, Resolver, resolve
from system.errors import Misconfigured, Unavailable

REDIRECTS = 3
MAX_BYTES = 32 << 20
READ_BYTES = 1 << 16
KEEPALIVE_SECONDS = 30.0
HOST = re.compile(r"[\w.-]+|[0-9a-fA-F:.]+(%[\w.-]+)?")

_deadline: ContextVar[float] = ContextVar("deadline")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered; header names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body (finite numbers only); `Misconfigured` if it is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Misconfigured(f"{self.url} answered something that is not JSON. Check the endpoint's URL.") from error


class Transport:
    """Calls HTTP endpoints; safe to use from several threads and across a fork.

    Every call raises `Misconfigured` for an address it may not call, a bad URL or certificate, a misleading redirect or
    an answer above `max_bytes`, and `Unavailable` for anything that may be better the next time. An HTTP error status
    is an answer, not an error. `timeout` is the time of the whole exchange in seconds, redirects included.
    """

    def __init__(self, *, allow: Sequence[str] = (), resolver: Resolver = resolve) -> None:
        self._guard = Guard.allowing(allow, resolver)
        self._pools: dict[int, httpcore.ConnectionPool] = {}

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 30, max_bytes: int = MAX_BYTES
    ) -> Answer:
        """Fetch `url`."""
        return self._call("GET", url, headers or {}, None, timeout, max_bytes)

    def post_json(
        self,
        url: str,
        payload: Any,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
        max_bytes: int = MAX_BYTES,
    ) -> Answer:
        """Post `payload` as JSON."""
        return self._call("POST", url, headers or {}, orjson.dumps(payload), timeout, max_bytes)

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float, max_bytes: int
    ) -> Answer:
        target = parse(url)
        token = _deadline.set(time.monotonic() + timeout)
        try:
            for _ in range(REDIRECTS + 1):
                answer = self._exchange(method, target, headers, body, max_bytes)
                if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                    return answer
                following = redirected(method, target, answer)
                if origin(following) != origin(target):
                    headers = {}  # keys are for the origin they were entered for
                target = following
        finally:
            _deadline.reset(token)
        raise Misconfigured(f"{shown(parse(url))} redirects more than {REDIRECTS} times. Check the endpoint's URL.")

    def _exchange(
        self, method: str, target: httpx.URL, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> Answer:
        url = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
        sent = {"Accept": "application/json, */*;q=0.5", "Accept-Encoding": "identity", "User-Agent": "ragsite"}
        sent.update(headers)
        if body is not None:
            sent["Content-Type"] = "application/json"
        where = shown(target)
        try:
            extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), remaining(None))}
            lines = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
            with self._pool().stream(method, url, headers=lines, content=body, extensions=extensions) as response:
                received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                parts = decoded(response.iter_stream(), received.get("content-encoding", "identity"), where)
                return Answer(where, response.status, received, bounded(parts, max_bytes, where))
        except httpcore.TimeoutException as error:
            raise Unavailable(f"{where} did not answer in time.") from error
        except (httpcore.LocalProtocolError, UnicodeEncodeError) as error:
            raise Misconfigured(
                f"The request to {where} cannot be sent: a header or key has a forbidden character."
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            if refused := certificate_error(error):
                raise Misconfigured(f"The certificate of {where} is not accepted: {refused}.") from error
            raise Unavailable(f"{where} cannot be reached, or broke the connection off.") from error

    def _pool(self) -> httpcore.ConnectionPool:
        """This process's connections: after a fork the parent's sockets must not be touched."""
        pid = os.getpid()
        if pid not in self._pools:
            pool = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(),
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=GuardedBackend(self._guard),
            )
            self._pools.setdefault(pid, pool)
        return self._pools[pid]


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only, the name looked up once; its streams keep the call's deadline."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers."""
        failure: Exception = httpcore.ConnectError(f"no address of {host}")
        for address in self._guard.addresses(host, port):
            try:
                stream = self._backend.connect_tcp(address, port, remaining(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        """Never: no URL of a user leads to a socket of this machine."""
        raise Misconfigured("Sockets of this machine are not called.")


class DeadlineStream(httpcore.NetworkStream):
    """A stream on which a peer that drips a byte now and then cannot outlast the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Bytes as they come, within what is left of the call's time."""
        return self._stream.read(max_bytes, remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything, in pieces, each within what is left of the call's time."""
        for start in range(0, len(buffer), READ_BYTES):
            self._stream.write(buffer[start : start + READ_BYTES], remaining(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same stream under TLS, for the name of the URL."""
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, remaining(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """What the wrapped stream knows (`ssl_object`, `is_readable`, …)."""
        return self._stream.get_extra_info(info)


def remaining(timeout: float | None) -> float:
    """Seconds left of the running call, `timeout` at most."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the call's time is used up")
    return left if timeout is None else min(left, timeout)


def parse(url: str) -> httpx.URL:
    """A checked http(s) URL without credentials."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise Misconfigured("The endpoint's URL cannot be read. It looks like https://host/path.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Misconfigured(f"{shown(parsed)[:200]} is not an http or https URL with a host.")
    if not HOST.fullmatch(parsed.host) or not 0 < (parsed.port or 80) < 65536:
        raise Misconfigured("The host or port in the endpoint's URL is none.")
    if parsed.userinfo:
        raise Misconfigured(f"The URL of {parsed.host} holds a user name or password; give the key in its own field.")
    return parsed


def shown(url: httpx.URL) -> str:
    """A URL fit for messages: without credentials and query."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """What keys are entered for."""
    return url.scheme, url.host, url.port


def redirected(method: str, target: httpx.URL, answer: Answer) -> httpx.URL:
    """Where a redirect leads; `Misconfigured` if following it would lose the body or the encryption."""
    try:
        following = parse(str(target.join(answer.headers["location"])))
    except (httpx.InvalidURL, ValueError) as error:
        raise Misconfigured(f"{shown(target)} redirects to something that is no URL.") from error
    if method != "GET" and answer.status in (301, 302, 303):
        raise Misconfigured(f"{shown(target)} has moved to {shown(following)}: enter that as the endpoint's URL.")
    if target.scheme == "https" and following.scheme == "http":
        raise Misconfigured(f"{shown(target)} redirects to {shown(following)}, which is not encrypted.")
    return following


def decoded(parts: Iterable[bytes], encoding: str, where: str) -> Iterator[bytes]:
    """The body with its content encoding undone, in pieces of bounded size."""
    if encoding in ("", "identity"):
        yield from parts
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Misconfigured(f"{where} answers in the encoding {encoding[:40]!r}, which was not asked for.")
    inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, by its head
    try:
        for part in parts:
            while part:
                yield inflate.decompress(part, READ_BYTES)
                part = inflate.unconsumed_tail
    except zlib.error as error:
        raise Unavailable(f"{where} answered a damaged {encoding} body.") from error


def bounded(parts: Iterable[bytes], max_bytes: int, where: str) -> bytes:
    """The whole body, or `Misconfigured` as soon as it is longer than `max_bytes`."""
    body = bytearray()
    for part in parts:
        remaining(None)
        body += part
        if len(body) > max_bytes:
            raise Misconfigured(f"{where} answers more than {max_bytes} bytes. Check the endpoint's URL.")
    return bytes(body)


def certificate_error(error: BaseException | None) -> str:
    """Why a certificate was refused, or "" if that was not the trouble."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""
