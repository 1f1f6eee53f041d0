"""What the name of an uploaded file decides: type, method, and the name of the document (contract A.7, B.2, E.3)."""

import pytest

from documents.models import Document
from tests.contract.answers import failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

DOC = (
    "doc docx yml xml htm json jsonl ldjson csv txt ini xls xlsx wps rtf hlp numbers key md py js java c cpp h php go "
    "ts sh cs kt html sql"
)
VISUAL = (
    "jpg jpeg png tif gif pcx tga exif fpx svg psd cdr pcd dxf ufo eps ai raw webp avif apng icon ico mpg mpeg avi rm "
    "rmvb mov wmv asf dat asx wvx mpe mpa mp4 mkv"
)


@pytest.mark.parametrize(
    ("suffixes", "kind", "method"),
    [
        ("pdf", "pdf", "book"),
        (DOC, "doc", "book"),
        ("ppt pptx pages", "doc", "presentation"),
        ("msg eml", "doc", "email"),
        ("wav flac ape alac wavpack wv mp3 aac ogg vorbis opus", "aural", "audio"),
        (VISUAL, "visual", "picture"),
    ],
    ids=["pdf", "doc", "slides", "mail", "aural", "visual"],
)
def test_every_suffix_has_its_type_and_method(owner, post_files, suffixes, kind, method):
    kb = KnowledgebaseFactory(owner=owner, parser_id="book", parser_config={"pages": [[1, 5]]})

    rows = post_files(kb.pk, *[f"a.{suffix.title()}" for suffix in suffixes.split()]).json()["data"]

    assert [row["suffix"] for row in rows] == suffixes.split()
    assert {(row["type"], row["chunk_method"]) for row in rows} == {(kind, method)}
    assert all(row["parser_config"] == {"pages": [[1, 5]]} for row in rows)


@pytest.mark.parametrize("name", ["a.exe", "a.zip", "a", ".txt", "a.", "a.txt~", "a.markdown"])
def test_every_other_suffix_is_refused(kb, post_files, name):
    answer = post_files(kb.pk, name)

    assert (answer.status_code, answer.json()) == (
        400,
        failure(500, f"{name}: This type of file has not been supported yet!"),
    )


@pytest.mark.parametrize(
    ("there", "sent", "stored"),
    [
        ("a.txt", "a.txt", "a(1).txt"),
        ("A.TXT", "a.txt", "a(1).txt"),
        ("a(1).txt", "a(1).txt", "a(2).txt"),
        ("a.b.txt", "a.b.txt", "a.b(1).txt"),
        ("a(1)b.txt", "a(1)b.txt", "a(1)b(1).txt"),
        ("a_b.txt", "axb.txt", "axb.txt"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(kb, post_files, there, sent, stored):
    DocumentFactory(kb=kb, name=there)

    assert post_files(kb.pk, sent).json()["data"][0]["name"] == stored


def test_a_name_is_taken_in_its_own_dataset_only(kb, owner, post_files):
    DocumentFactory(kb=KnowledgebaseFactory(owner=owner), name="a.txt")

    assert post_files(kb.pk, "a.txt").json()["data"][0]["name"] == "a.txt"


def test_the_file_that_a_document_is_made_from_has_its_name_and_size(kb, post_files):
    row = post_files(kb.pk, ("a.txt", "content")).json()["data"][0]

    file = Document.objects.get(pk=row["id"]).file
    assert (file.name, file.size, file.parent.name) == ("a.txt", 7, kb.name)
