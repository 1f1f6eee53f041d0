import logging

import pytest

from system.redaction import RedactSecrets, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token ragflow-abcdefghij-_x!", "token ragflow-[redacted]!"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("key sk-1234567890", "key sk-[redacted]"),
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
