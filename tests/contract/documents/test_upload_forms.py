"""Multipart bodies as clients really send them, part by part (contract B.2, G.1)."""

import pytest

from documents.models import Document
from tests.contract.answers import UNKNOWN, exception, failure

pytestmark = pytest.mark.django_db

NO_PART = failure(101, "No file part!")
NOT_SELECTED = failure(101, "No file selected!")
TOO_LONG = failure(101, "File name must be 255 bytes or less.")
NAMELESS = 'name="file"; filename=""'
LONG = f'name="file"; filename="{"a" * 252}.txt"'


@pytest.fixture
def send(api, url):
    """Send parts, each given as the parameters of its Content-Disposition; returns the answer."""

    def send(*parts, to=url, end="--b--\r\n"):
        lines = [f"--b\r\nContent-Disposition: form-data; {part}\r\n\r\ncontent\r\n" for part in parts]
        body = "".join(lines) + end
        return api.generic("POST", to, body.encode(), content_type="multipart/form-data; boundary=b")

    return send


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], NO_PART),
        (['name="other"; filename="a.txt"'], NO_PART),
        (['name="other"; filename=""'], NO_PART),
        (['name="other"'], NO_PART),
        ([NAMELESS], NOT_SELECTED),
        (['name="file"'], NOT_SELECTED),
        (['name="file"; filename="a.txt"', NAMELESS], NOT_SELECTED),
        ([NAMELESS, LONG], NOT_SELECTED),
        ([LONG], TOO_LONG),
        (['name="file"; filename="a.txt"', LONG], TOO_LONG),
    ],
    ids=[
        *("none", "other", "other-nameless", "other-text", "nameless", "text", "one-nameless", "nameless-and-long"),
        *("long", "one-long"),
    ],
)
@pytest.mark.parametrize("dataset", ["own", "unknown"])
def test_parts_are_judged_before_the_dataset_and_nothing_is_stored(send, url, parts, expected, dataset):
    answer = send(*parts, to=url if dataset == "own" else f"/api/v1/datasets/{UNKNOWN}/documents")

    assert (answer.status_code, answer.json()) == (400, expected)
    assert not Document.objects.exists()


def test_a_body_without_a_byte_has_no_file_part(send):
    answer = send(end="")

    assert (answer.status_code, answer.json()) == (400, NO_PART)


def test_the_kind_of_file_is_judged_after_the_dataset(send):
    answer = send('name="file"; filename="a.xyz"', to=f"/api/v1/datasets/{UNKNOWN}/documents")

    text = f"""LookupError("Can't find the dataset with ID {UNKNOWN}!")"""
    assert (answer.status_code, answer.json()) == (404, exception(text))


def test_parts_of_other_names_are_passed_over(send):
    answer = send('name="other"; filename="b.txt"', 'name="file"; filename="a.txt"', 'name="note"')

    assert [row["name"] for row in answer.json()["data"]] == ["a.txt"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ('filename="../../etc/passwd.txt"', "passwd.txt"),
        ('filename="C:\\\\Users\\\\me\\\\a.txt"', "a.txt"),
        ('filename="a%00b.txt"', "a%00b.txt"),
        ('filename="a\u202etxt.exe.txt"', "atxt.exe.txt"),
        ('filename="文件 — №1.txt"', "文件 — №1.txt"),
        ('filename=" a .txt"', " a .txt"),
        ('filename="a.TXT"', "a.TXT"),
        ("filename*=UTF-8''%E6%96%87%E4%BB%B6.txt", "文件.txt"),
        (f'filename="{"ä" * 125}a.txt"', f"{'ä' * 125}a.txt"),
        (f'filename="{"a" * 251}.txt"', f"{'a' * 251}.txt"),
    ],
    ids=["path", "drive", "percent", "bidi", "unicode", "blanks", "upper-case", "extended", "255-bytes", "255"],
)
def test_a_name_keeps_its_bytes_but_for_paths_and_marks(send, sent, stored):
    answer = send(f'name="file"; {sent}')

    assert [row["name"] for row in answer.json()["data"]] == [stored]
