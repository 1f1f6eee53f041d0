import pytest
from django.db import connection

from documents.models import Task
from documents.models.log import logged

pytestmark = pytest.mark.django_db


def kept(before, added):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rag_log(%s, %s)", [before, added])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [("", "", ""), ("", "a", "a"), ("a", "", "a"), ("a", "b", "a\nb"), ("a\nb", "c\nd", "a\nb\nc\nd")],
)
def test_lines_go_to_the_end(before, added, after):
    assert kept(before, added) == after


def test_a_hundred_lines_are_kept():
    lines = [f"line {number}" for number in range(150)]

    assert kept("\n".join(lines[:120]), "\n".join(lines[120:])).split("\n") == lines[50:]


def test_eight_kilobytes_are_kept_in_whole_lines():
    lines = [f"{number} " + "ö" * 150 for number in range(60)]

    log = kept("\n".join(lines), "the last")

    assert len(log.encode()) <= 8192
    assert log.split("\n")[:-1] == lines[-len(log.split("\n")) + 1 :]
    assert log.endswith("\nthe last")


def test_one_endless_line_is_cut():
    assert len(kept("", "x" * 100_000)) == 500


def test_transitions_append_in_the_database(claimed):
    task = claimed()
    Task.objects.filter(pk=task.pk).update(log="first")

    Task.objects.filter(pk=task.pk).update(log=logged("second"))

    assert Task.objects.get(pk=task.pk).log == "first\nsecond"
