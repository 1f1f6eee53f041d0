import json

import pytest

from documents import removal
from documents.evaluation import keeping, reading, writing
from documents.evaluation.reading import Source
from documents.evaluation.writing import Form
from documents.models import Judgement, Question

pytestmark = pytest.mark.django_db


def exported(test_set, *forms):
    return [
        Source(writing.file_name(test_set, form), "".join(writing.written(test_set, form)).encode()) for form in forms
    ]


def rows():
    return sorted(
        Judgement.objects.values_list("question__key", "question__text", "name", "chunk_id", "grade", "document_id")
    )


@pytest.fixture
def awkward(take, chunk):
    """A test set with texts that files have to quote, and a chunk."""
    documents = ["beavers.md", {"document": "otters.txt", "grade": 0}]
    rows = [
        {"id": "1,2", "question": '"Dams";\n=1+1, who?', "relevant": documents},
        {"question": "Wo schläft 水獭?", "relevant": [{"chunk": chunk("Otters hold").pk, "grade": 7}]},
    ]
    take({"t.jsonl": "\n".join(map(json.dumps, rows))})


@pytest.mark.parametrize("form", [Form.JSONL, Form.CSV])
def test_what_is_written_reads_as_it_was(test_set, awkward, form):
    before = rows()
    files = exported(test_set, form)
    Question.objects.all().delete()

    keeping.put(test_set, reading.read(files))

    assert rows() == before
    assert len(before) == 3


def test_no_cell_of_a_table_is_a_formula(test_set, take):
    texts = ["=1+1", "+1?", "-1?", "@SUM(A1)", "'=1", "it's"]
    take({"t.jsonl": "\n".join(json.dumps({"id": one, "question": one, "relevant": ["otters"]}) for one in texts)})
    before = rows()
    (file,) = exported(test_set, Form.CSV)
    Question.objects.all().delete()

    keeping.put(test_set, reading.read([file]))

    cells = [line.split(",")[0] for line in file.text().splitlines()[1:]]
    assert cells == ["'=1+1", "'+1?", "'-1?", "'@SUM(A1)", "''=1", "it's"]
    assert rows() == before


def test_the_files_of_beir_read_as_they_were(test_set, asked):
    before = rows()
    files = exported(test_set, Form.QUERIES, Form.QRELS)
    Question.objects.all().delete()

    keeping.put(test_set, reading.read(files))

    assert [file.name for file in files] == ["Animals.queries.jsonl", "Animals.qrels.tsv"]
    assert rows() == before


def test_what_is_gone_is_written_by_its_name_and_found_again(test_set, asked, documents, upload):
    removal.remove([documents["otters.txt"].pk])
    (file,) = exported(test_set, Form.CSV)
    again = upload("otters.txt", "Otters are back.")

    keeping.put(test_set, reading.read([file]))

    assert Judgement.objects.get(question__key="hands").document_id == again.pk
