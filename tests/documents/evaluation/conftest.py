"""A dataset with three short documents, and test sets about them."""

import pytest

from documents import editing
from documents.evaluation import keeping, reading
from documents.evaluation.reading import Source
from knowledgebases.models import Chunk
from tests.described import check_answers

TEXTS = {
    "otters.txt": ["Otters hold hands while they sleep.", "Otters eat fish and crabs."],
    "herons.txt": ["Herons stand in the river for hours."],
    "beavers.md": ["Beavers build dams out of wood.", "Beavers have teeth that never stop growing."],
}


@pytest.fixture
def library(kb, upload):
    """The dataset, its documents filled."""
    for name, texts in TEXTS.items():
        document = upload(name, name)
        for text in texts:
            editing.add(document, text)
    return kb.refresh()


@pytest.fixture
def documents(library):
    """The documents by name."""
    return {document.name: document for document in library.documents.all()}


@pytest.fixture
def chunk():
    """The chunk that begins in a certain way."""
    return lambda beginning: Chunk.objects.get(content__startswith=beginning)


@pytest.fixture
def test_set(library):
    return keeping.create(library, "Animals")


@pytest.fixture
def take(test_set):
    """Import files, given by name with their text, into the test set."""

    def take(files, *, skip_missing=False):
        sources = [
            Source(name, content if isinstance(content, bytes) else content.encode()) for name, content in files.items()
        ]
        return keeping.put(test_set, reading.read(sources), skip_missing=skip_missing)

    return take


@pytest.fixture
def asked(test_set, take):
    """The test set with three questions."""
    take(
        {
            "animals.csv": "id,question,document,grade\n"
            "hands,How do otters sleep?,otters,2\n"
            "dams,Who builds dams?,beavers.md,1\n"
            "dams,Who builds dams?,herons.txt,0\n"
            "hours,What does a heron do all day?,herons.txt,1\n"
        }
    )
    return test_set


@pytest.fixture
def base(library):
    """The address of the dataset's test sets."""
    return f"/api/v1/datasets/{library.pk}/test_sets"


@pytest.fixture
def page(base, asked):
    """The address of the test set that has questions."""
    return f"{base}/{asked.pk}"


@pytest.fixture
def as_described(monkeypatch):
    """No answer of a test, good or bad, is other than the OpenAPI document says."""
    check_answers(monkeypatch)
