import pytest

from documents import checks

S3 = {"RAG_S3_BUCKET": "files", "RAG_S3_ACCESS_KEY": "key", "RAG_S3_SECRET_KEY": "a secret of otters"}


def found(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return checks.bucket(None)


def test_without_a_bucket_and_with_a_whole_one_all_is_well(settings):
    assert found(settings) == []
    assert found(settings, **S3) == []
    assert found(settings, **S3, RAG_S3_ENDPOINT="http://127.0.0.1:8333") == []
    assert found(settings, **{**S3, "RAG_S3_ACCESS_KEY": "", "RAG_S3_SECRET_KEY": ""}) == []


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({**S3, "RAG_S3_BUCKET": ""}, "E020"),
        ({"RAG_S3_ENDPOINT": "http://127.0.0.1:8333"}, "E020"),
        ({**S3, "RAG_S3_SECRET_KEY": ""}, "E021"),
        ({**S3, "RAG_S3_ACCESS_KEY": ""}, "E021"),
        *[
            ({**S3, "RAG_S3_ENDPOINT": endpoint}, "E022")
            for endpoint in (
                "127.0.0.1:8333",
                "ftp://host",
                "http://",
                "http://host:no",
                "http://a:b@host",
                "http://h/p",
            )
        ],
        ({**S3, "RAG_UPLOAD_BYTES": 6 << 30}, "E024"),
    ],
)
def test_half_made_settings_stop_the_start_with_the_cure_and_show_no_secret(settings, values, number):
    errors = found(settings, **values)

    assert [error.id for error in errors] == [f"ragsite.{number}"]
    assert errors[0].hint
    assert "otters" not in str(errors[0])


def test_a_missing_library_is_told_with_the_line_that_installs_it(settings, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: None)

    errors = found(settings, **S3)

    assert [error.id for error in errors] == ["ragsite.E023"]
    assert "requirements-s3.txt" in errors[0].hint
