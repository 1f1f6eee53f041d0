import os

import pytest

from system.errors import Misconfigured, Unavailable
from system.transport import Transport
from tests.loopback import reply, serving


def transport(*servers, resolver=None):
    """A transport that may call these servers."""
    options = {} if resolver is None else {"resolver": resolver}
    return Transport(allow=[server.endpoint for server in servers], **options)


def answering(body=b"{}", **options):
    return lambda handler, request: reply(handler, body, **options)


def test_json_is_posted_and_its_answer_parsed():
    with serving(answering(b'{"ok": [1, 2.5]}', headers={"X-Kind": "test"})) as server:
        answer = transport(server).post_json(f"{server.url}/v1/x?a=b", {"é": 1}, headers={"Authorization": "Bearer k"})

    (request,) = server.requests
    assert (answer.status, answer.json(), answer.headers["x-kind"]) == (200, {"ok": [1, 2.5]}, "test")
    assert (request.method, request.path, request.body) == ("POST", "/v1/x?a=b", '{"é":1}'.encode())
    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == server.endpoint


def test_an_error_status_is_an_answer():
    with serving(answering(b"gone", status=410)) as server:
        answer = transport(server).get(server.url)

    assert (answer.status, answer.body) == (410, b"gone")


def test_a_body_that_is_not_json_is_a_wrong_endpoint():
    with serving(answering(b"<html>")) as server:
        answer = transport(server).get(server.url)

        with pytest.raises(Misconfigured, match="not JSON"):
            answer.json()


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": 1e999}x', b"[" * 5000 + b"]" * 5000], ids=["NaN", "x", "deep"])
def test_hostile_json_is_refused(body):
    with serving(answering(body)) as server, pytest.raises(Misconfigured):
        transport(server).get(server.url).json()


def test_a_loopback_server_is_not_called_unless_allowed():
    with serving(answering()) as server, pytest.raises(Misconfigured, match="RAGSITE_PRIVATE_ENDPOINTS"):
        Transport().get(server.url)

    assert server.requests == []


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "[::ffff:127.0.0.1]", "[::1]", "①②⑦.⓪.⓪.①"],
)
def test_no_spelling_of_loopback_reaches_a_server(host):
    with serving(answering()) as server, pytest.raises(Misconfigured):
        Transport().get(f"http://{host}:{server.port}/")

    assert server.requests == []


def test_a_rebinding_name_is_looked_up_once_and_never_reached():
    answers = iter([["1.1.1.1", "127.0.0.1"], ["127.0.0.1"]])

    with serving(answering()) as server, pytest.raises(Misconfigured):
        Transport(resolver=lambda host, port: next(answers)).get(f"http://rebind.test:{server.port}")

    assert server.requests == []
    assert next(answers) == ["127.0.0.1"]


def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_url():
    looked_up = []

    def resolver(host, port):
        looked_up.append(host)
        return ["127.0.0.1"]

    with serving(answering()) as server:
        allowed = Transport(allow=[f"model.test:{server.port}"], resolver=resolver)
        assert allowed.get(f"http://model.test:{server.port}/").status == 200

    assert looked_up == ["model.test"]
    assert server.requests[0].headers["host"] == f"model.test:{server.port}"


def test_the_next_address_is_tried_when_one_is_closed():
    with serving(answering()) as server:
        allowed = Transport(allow=["127.0.0.0/8"], resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"])

        assert allowed.get(f"http://two.test:{server.port}/").status == 200


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(monkeypatch, name):
    with serving(answering()) as proxy, serving(answering()) as server:
        monkeypatch.setenv(name, proxy.url)
        transport(server, proxy).get(server.url)

    assert (len(server.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "//example.com/",
        "example.com",
        "http://",
        "http:///path",
        "http://example.com:99999/",
        "http://user:secret@example.com/",
        "http://exa mple.com/",
        "http://[::1/",
        "http://a\r\nb/",
        "",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_credentials(url):
    with pytest.raises(Misconfigured) as caught:
        Transport(resolver=lambda host, port: pytest.fail("looked up")).get(url)

    assert "secret" not in caught.value.message


def redirecting(location, *, times=1, status=307):
    def answer(handler, request):
        if len(handler.server.seen) < times:
            handler.server.seen.append(request)
            reply(handler, status=status, headers={"Location": location(handler)})
        else:
            reply(handler, b'{"arrived": true}')

    def first(handler, request):
        handler.server.seen = getattr(handler.server, "seen", [])
        answer(handler, request)

    return first


def test_three_redirects_are_followed_with_body_and_key():
    with serving(redirecting(lambda handler: "/next", times=3)) as server:
        answer = transport(server).post_json(server.url, {"a": 1}, headers={"Authorization": "Bearer k"})

    assert answer.json() == {"arrived": True}
    assert [request.body for request in server.requests] == [b'{"a":1}'] * 4
    assert server.requests[-1].headers["authorization"] == "Bearer k"


def test_a_fourth_redirect_is_refused():
    with (
        serving(redirecting(lambda handler: "/next", times=4)) as server,
        pytest.raises(Misconfigured, match="more than 3 times"),
    ):
        transport(server).get(server.url)


def test_a_redirect_into_the_private_network_is_refused():
    with (
        serving(answering()) as inner,
        serving(redirecting(lambda handler: inner.url)) as outer,
        pytest.raises(Misconfigured, match="RAGSITE_PRIVATE_ENDPOINTS"),
    ):
        transport(outer).get(outer.url)

    assert inner.requests == []


def test_keys_are_not_carried_to_another_origin():
    with serving(answering()) as other, serving(redirecting(lambda handler: other.url)) as server:
        transport(server, other).post_json(server.url, {}, headers={"Authorization": "Bearer k", "X-Api-Key": "k"})

    assert not {"authorization", "x-api-key"} & set(other.requests[0].headers)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_lose_the_body_names_the_new_url(status):
    with (
        serving(redirecting(lambda handler: "/moved", status=status)) as server,
        pytest.raises(Misconfigured, match=r"has moved to http://127.0.0.1:\d+/moved"),
    ):
        transport(server).post_json(server.url, {})


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://u:p@example.com/", "http://[::1", "gopher://x/"])
def test_a_redirect_to_no_http_url_is_refused(location):
    with serving(redirecting(lambda handler: location)) as server, pytest.raises(Misconfigured):
        transport(server).get(server.url)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ключ", "a\0b"], ids=["line break", "cyrillic", "nul"])
def test_a_key_that_no_header_can_carry_is_refused_unshown(value):
    with serving(answering()) as server, pytest.raises(Misconfigured, match="forbidden character") as caught:
        transport(server).get(server.url, headers={"Authorization": value})

    assert value not in caught.value.message
    assert server.requests == []


def test_plain_http_behind_https_is_unavailable_and_not_a_crash():
    with serving(answering()) as server, pytest.raises(Unavailable):
        transport(server).get(server.url.replace("http:", "https:"))


def test_connections_are_kept_and_not_shared_with_a_forked_child():
    ports = []

    def answer(handler, request):
        ports.append(handler.client_address[1])
        reply(handler)

    with serving(answer) as server:
        client = transport(server)
        client.get(server.url)
        child = os.fork()
        if child == 0:
            os._exit(0 if client.get(server.url).status == 200 else 1)
        assert os.waitpid(child, 0)[1] == 0
        client.get(server.url)

    first, forked, again = ports
    assert first == again != forked
