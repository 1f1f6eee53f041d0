import pytest

from system.checks import environment


def test_the_defaults_are_well():
    assert environment(None) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("RAG_HTTP_STATUS", "odd", "E001"),
        ("RAG_PORT", 0, "E002"),
        ("RAG_WORKERS", 0, "E003"),
        ("RAG_LEASE_SECONDS", 1.0, "E004"),
        ("RAG_MODELS_DIR", "/nowhere", "E005"),
        ("RAG_FIELD_KEYS", ["short"], "E006"),
        ("RAG_REQUEST_BYTES", 10, "E007"),
        ("RAG_CORS_ORIGINS", ["*"], "E009"),
        ("RAG_CORS_ORIGINS", ["null"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://*.example.org"], "E009"),
        ("RAG_CORS_ORIGINS", ["app.example.org"], "E009"),
        ("RAG_CORS_ORIGINS", ["file://x"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://app.example.org/"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://app.example.org/path"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://APP.example.org"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://user@app.example.org"], "E009"),
        ("RAG_CORS_ORIGINS", ["https://app.example.org:none"], "E009"),
        ("RAG_TRUSTED_PROXIES", ["127.0.0.1", "proxy.lan"], "E008"),
        ("RAG_TRUSTED_PROXIES", ["10.0.0.1/8"], "E008"),
    ],
)
def test_a_value_that_cannot_work_stops_the_start_with_the_cure(settings, name, value, found):
    setattr(settings, name, value)

    errors = environment(None)

    assert [error.id for error in errors] == [f"ragsite.{found}"]
    assert errors[0].hint


@pytest.mark.parametrize("origin", ["https://app.example.org", "http://localhost:3000", "http://[::1]:8080"])
def test_an_origin_as_browsers_send_it_is_well(settings, origin):
    settings.RAG_CORS_ORIGINS = [origin]

    assert environment(None) == []
