import pytest
from django.test import RequestFactory

from system.proxies import ForwardedFor

PROXY, CALLER = "127.0.0.1", "198.51.100.7"


@pytest.fixture
def seen(settings):
    """Make a request pass; returns the address that it seems to come from."""
    settings.RAG_TRUSTED_PROXIES = [PROXY, "10.20.0.0/16", "::1"]

    def seen(peer, *forwarded):
        headers = {"X-Forwarded-For": ", ".join(forwarded)} if forwarded else {}
        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
        return ForwardedFor(lambda request: request.META["REMOTE_ADDR"])(request)

    return seen


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PROXY, [CALLER], CALLER),
        (PROXY, ["2001:db8::7"], "2001:db8::7"),
        ("::1", [CALLER], CALLER),
        ("::ffff:127.0.0.1", [CALLER], CALLER),
        (PROXY, [CALLER, "10.20.3.4"], CALLER),
        (PROXY, ["192.0.2.1", CALLER, "10.20.3.4"], CALLER),
        (PROXY, ["192.0.2.1", CALLER], CALLER),
        (PROXY, [], PROXY),
        (PROXY, ["10.20.3.4"], "10.20.3.4"),
        (PROXY, ["unknown"], PROXY),
        (PROXY, ["192.0.2.1", "unknown", "10.20.3.4"], "10.20.3.4"),
        ("192.0.2.9", [CALLER], "192.0.2.9"),
        ("10.21.0.1", [CALLER], "10.21.0.1"),
        ("", [CALLER], ""),
    ],
    ids=[
        *("one proxy", "IPv6 caller", "IPv6 proxy", "mapped proxy", "two proxies", "forged before two", "forged"),
        *("no header", "a proxy itself", "no address", "no address in the middle"),
        *("a stranger", "beside the network", "a socket"),
    ],
)
def test_the_caller_is_the_last_address_that_no_trusted_proxy_has(seen, peer, forwarded, address):
    assert seen(peer, *forwarded) == address


def test_nobody_is_trusted_unless_named(seen, settings):
    settings.RAG_TRUSTED_PROXIES = []

    assert seen(PROXY, CALLER) == PROXY


@pytest.mark.django_db
def test_a_lockout_behind_a_proxy_is_the_callers_own(client, owner, settings):
    settings.RAG_TRUSTED_PROXIES = [PROXY]

    def login(caller):
        body = {"email": owner.email, "password": "wrong"}
        return client.post("/v1/user/login", body, headers={"X-Forwarded-For": caller}).status_code

    assert [login(CALLER) for _ in range(6)][-1] == 429
    assert login("198.51.100.8") == 401
