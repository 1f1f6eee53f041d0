"""The transport under TLS: names, authorities, refusals."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from system.errors import Misconfigured
from system.transport import Transport
from tests.loopback import reply, serving


def answering(body=b"{}", **options):
    return lambda handler, request: reply(handler, body, **options)


@pytest.fixture
def tls(tmp_path):
    """A server context with a certificate for model.test, and the list of names that clients asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "model.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("model.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    names = []
    context.sni_callback = lambda connection, name, context: names.append(name)
    return context, names, tmp_path / "cert.pem"


def test_tls_is_spoken_for_the_name_of_the_url(tls, monkeypatch):
    context, names, authority = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))

    with serving(answering(), tls=context) as server:
        allowed = Transport(allow=["127.0.0.0/8"], resolver=lambda host, port: ["127.0.0.1"])
        assert allowed.get(f"https://model.test:{server.port}/").status == 200

    assert names == ["model.test"]


@pytest.mark.parametrize("host", ["model.test", "other.test"], ids=["unknown authority", "another name"])
def test_a_certificate_that_is_not_trusted_is_said_to_be(tls, monkeypatch, host):
    context, _, authority = tls
    allowed = Transport(allow=["127.0.0.0/8"], resolver=lambda name, port: ["127.0.0.1"])
    if host == "other.test":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))

    with (
        serving(answering(), tls=context) as server,
        pytest.raises(Misconfigured, match=f"certificate of https://{host}"),
    ):
        allowed.get(f"https://{host}:{server.port}/")
