import pytest

from ragsite.embedded import logs


@pytest.mark.parametrize(
    ("text", "since", "expected"),
    [("", 0, "(empty)"), ("old\nnew\n", 4, "new"), ("a\nb\nc\n", 0, "b\nc"), ("old\n", 4, "(empty)")],
    ids=["empty", "from an offset", "last lines", "nothing new"],
)
def test_tail_shows_the_last_lines_from_where_it_is_told(tmp_path, text, since, expected):
    (tmp_path / "log").write_text(text)

    assert logs.tail(tmp_path / "log", since=since, lines=2) == expected


def test_tail_of_a_missing_log_is_empty(tmp_path):
    assert logs.tail(tmp_path / "log") == "(empty)"


def test_log_beyond_its_limit_moves_aside_while_its_writer_goes_on(tmp_path):
    path = tmp_path / "logs" / "web.log"
    with logs.open_log(path) as writer:
        writer.write(b"x" * 100)
        writer.flush()

        logs.bound(path, limit=99)
        writer.write(b"y")

    assert path.read_bytes() == b"y"
    assert path.with_name("web.log.1").read_bytes() == b"x" * 100
    assert path.stat().st_mode & 0o077 == 0


def test_log_within_its_limit_stays(tmp_path):
    (tmp_path / "log").write_bytes(b"x" * 100)

    logs.bound(tmp_path / "log", limit=100)

    assert (tmp_path / "log").read_bytes() == b"x" * 100
