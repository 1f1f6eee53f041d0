"""What endpoints cannot do to the transport: answer too much, too slowly, packed, or broken."""

import gzip
import socket
import threading
import time
import zlib

import pytest

from system.errors import Misconfigured, Unavailable
from system.transport import Transport
from tests.loopback import reply, serving


def transport(*servers):
    """A transport that may call these servers."""
    return Transport(allow=[server.endpoint for server in servers])


def answering(body=b"{}", **options):
    return lambda handler, request: reply(handler, body, **options)


def endless(handler, request):
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    while True:
        handler.wfile.write(b"x" * 65536)


@pytest.mark.timeout(20)
def test_an_endless_answer_is_cut_off():
    with serving(endless) as server, pytest.raises(Misconfigured, match="more than 100000 bytes"):
        transport(server).get(server.url, max_bytes=100_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_encoded_answer_is_read(encoding):
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](b'{"a": 1}')

    with serving(answering(packed, headers={"Content-Encoding": encoding})) as server:
        assert transport(server).get(server.url).json() == {"a": 1}

    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_bomb_is_measured_by_its_unpacked_size():
    bomb = gzip.compress(bytes(100 << 20))

    with (
        serving(answering(bomb, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(Misconfigured, match="more than"),
    ):
        transport(server).get(server.url, max_bytes=1 << 20)


@pytest.mark.parametrize(
    ("encoding", "body", "error"),
    [("gzip", b"not gzip", Unavailable), ("br", b"x", Misconfigured), ("zstd", b"x", Misconfigured)],
)
def test_an_encoding_that_cannot_be_undone_is_refused(encoding, body, error):
    with serving(answering(body, headers={"Content-Encoding": encoding})) as server, pytest.raises(error):
        transport(server).get(server.url)


@pytest.fixture
def released():
    """An event that lets slow handlers go when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_an_answer_that_does_not_come_is_given_up(released):
    with serving(lambda handler, request: released.wait(20)) as server:
        begin = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            transport(server).get(server.url, timeout=0.3)
        released.set()

    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("part", [b"x", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"])
def test_a_dripping_answer_does_not_outlast_the_call(released, part):
    def drip(handler, request):
        if part == b"x":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(part)
        while not released.wait(0.05):
            handler.wfile.write(b"x")
        handler.close_connection = True

    with serving(drip) as server:
        begin = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            transport(server).get(server.url, timeout=0.5)
        released.set()

    assert time.monotonic() - begin < 3


def test_redirects_share_one_time_limit(released):
    def slow(handler, request):
        released.wait(0.3)
        reply(handler, status=307, headers={"Location": "/again"})

    with serving(slow) as server, pytest.raises(Unavailable):
        transport(server).get(server.url, timeout=0.7)


def test_a_closed_port_and_a_broken_connection_are_unavailable():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable):
            Transport(allow=["127.0.0.0/8"]).get(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    with (
        serving(lambda handler, request: handler.connection.shutdown(socket.SHUT_RDWR)) as server,
        pytest.raises(Unavailable),
    ):
        transport(server).get(server.url)


def test_an_answer_that_is_not_http_is_unavailable():
    def garbage(handler, request):
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        handler.close_connection = True

    with serving(garbage) as server, pytest.raises(Unavailable):
        transport(server).get(server.url)
