import logging

import pytest

from system.redaction import RedactSecrets, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token ragflow-abcdefghij-_x!", "token ragflow-[redacted]!"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("key sk-1234567890", "key sk-[redacted]"),
        ("Not Found: /v1/system/token/x", "Not Found: /v1/system/token/[redacted]"),
        ('"DELETE /v1//system/token/a%2Db.c HTTP/1.1" 200', '"DELETE /v1//system/token/[redacted] HTTP/1.1" 200'),
        ("GET /v1/system/token_list", "GET /v1/system/token_list"),
        ("GET /x?auth=secret&page=2", "GET /x?auth=[redacted]&page=2"),
        ("the risk-free case", "the risk-free case"),
        ("nothing here", "nothing here"),
    ],
)
def test_what_looks_like_a_secret_is_cut_out(text, shown):
    assert redact(text) == shown


def test_log_lines_arguments_and_traces_are_cleaned():
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed with %s", ("ragflow-abcdefghij",), None)
    try:
        raise ValueError("Bearer abcdefghij")
    except ValueError:
        import sys

        record.exc_info = sys.exc_info()

    RedactSecrets().filter(record)

    assert record.getMessage() == "failed with ragflow-[redacted]"
    assert "abcdefghij" not in record.exc_text


@pytest.mark.parametrize(
    ("message", "arguments"),
    [("%s and %s", ("ragflow-abcdefghij",)), ("%d", ("ragflow-abcdefghij",)), ("plain", ("ragflow-abcdefghij",))],
    ids=["too few", "wrong type", "too many"],
)
def test_a_line_whose_arguments_do_not_fit_fails_nobody_and_shows_none_of_them(message, arguments):
    record = logging.LogRecord("x", logging.ERROR, "f", 1, message, arguments, None)

    passed = RedactSecrets().filter(record)

    assert passed
    assert record.getMessage() == f"{message!r} (its arguments do not fit: TypeError)"
