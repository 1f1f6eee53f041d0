import ipaddress

import pytest

from system.addresses import Guard, is_public, plain, resolve
from system.errors import Misconfigured

HOSTILE = {
    "127.0.0.1": "loopback",
    "127.1": "short loopback",
    "2130706433": "decimal loopback",
    "0x7f000001": "hexadecimal loopback",
    "017700000001": "octal loopback",
    "0177.0.0.1": "octal part",
    "0": "zero",
    "0.0.0.0": "unspecified",
    "localhost": "name of loopback",
    "LOCALHOST": "name in capitals",
    "::1": "loopback",
    "::": "unspecified",
    "::ffff:127.0.0.1": "mapped loopback",
    "::ffff:7f00:1": "mapped loopback in hexadecimal",
    "::ffff:169.254.169.254": "mapped metadata",
    "::127.0.0.1": "compatible loopback",
    "10.0.0.1": "private A",
    "10.255.255.255": "end of private A",
    "172.16.0.1": "private B",
    "172.31.255.254": "end of private B",
    "192.168.1.1": "private C",
    "169.254.169.254": "metadata of clouds",
    "169.254.1.1": "link local",
    "100.64.0.1": "carrier NAT",
    "192.0.0.8": "protocol assignments",
    "192.0.2.1": "documentation",
    "198.18.0.1": "benchmarks",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast of the site",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "fe80::1": "link local",
    "fe80::1%lo": "link local with a zone",
    "fc00::1": "unique local",
    "fd00:ec2::254": "metadata of clouds",
    "ff02::1": "multicast",
    "64:ff9b::7f00:1": "NAT64 of loopback",
    "64:ff9b:1::a00:1": "local NAT64 of a private address",
    "2002:7f00:1::": "6to4 of loopback",
    "2001:0:7f00:1::": "Teredo",
    "2001:db8::1": "documentation",
    "3fff::1": "documentation",
    "3fff:fff:ffff::1": "end of documentation",
    "fec0::1": "local to the site",
    "feff::1": "end of local to the site",
}


@pytest.mark.parametrize("host", HOSTILE, ids=[f"{host} {why}" for host, why in HOSTILE.items()])
def test_a_hostile_host_is_refused(host):
    def resolver(host, port):
        """The system's, but literals that this machine cannot reach (no IPv6) come to the rules as they are."""
        try:
            return resolve(host, port)
        except Misconfigured:
            return [str(ipaddress.ip_address(host.partition("%")[0]))]

    with pytest.raises(Misconfigured, match="is not a public address"):
        Guard.allowing([], resolver).addresses(host, 80)


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2a00:1450:4001::1"]
)
def test_a_public_address_is_called(text):
    assert is_public(plain(text))


def test_a_mapped_address_is_judged_as_what_it_maps():
    assert plain("::ffff:10.0.0.1") == ipaddress.ip_address("10.0.0.1")


def test_one_private_address_among_public_ones_refuses_the_host():
    guard = Guard.allowing([], lambda host, port: ["1.1.1.1", "10.0.0.1"])

    with pytest.raises(Misconfigured):
        guard.addresses("example.com", 443)


def test_the_refusal_names_host_and_cure_but_not_the_address():
    guard = Guard.allowing([], lambda host, port: ["10.11.12.13"])

    with pytest.raises(Misconfigured, match="RAGSITE_PRIVATE_ENDPOINTS") as caught:
        guard.addresses("wiki.lan", 8080)

    assert "wiki.lan:8080" in caught.value.message
    assert "10.11.12.13" not in caught.value.message


@pytest.mark.parametrize(
    "allow", ["ollama.lan:11434", "Ollama.LAN.:11434", "10.0.0.0/8", "10.1.2.3", " 10.1.2.3/32 "], ids=str
)
def test_an_allowed_endpoint_is_called(allow):
    guard = Guard.allowing([allow], lambda host, port: ["10.1.2.3"])

    assert guard.addresses("ollama.lan", 11434) == ["10.1.2.3"]


@pytest.mark.parametrize("allow", ["ollama.lan:11435", "other.lan:11434", "10.2.0.0/16", "fd00::/8"], ids=str)
def test_what_is_not_quite_allowed_is_refused(allow):
    guard = Guard.allowing([allow], lambda host, port: ["10.1.2.3"])

    with pytest.raises(Misconfigured):
        guard.addresses("ollama.lan", 11434)


@pytest.mark.parametrize("entry", ["ollama", "host:0", "host:65536", "host:x", ":80", "10.0.0.1/8", "http://h:1"])
def test_an_entry_that_allows_nothing_is_refused_at_once(entry):
    with pytest.raises(Misconfigured, match="neither host:port nor a network"):
        Guard.allowing([entry])


def test_a_host_that_does_not_exist_is_said_to_be_unknown():
    with pytest.raises(Misconfigured, match=r"is no host name|There is no host"):
        resolve("a" * 70 + ".invalid", 80)
