import numpy as np
import pytest

from documents.models import Document
from documents.vectors import TitledEmbedder, text_of, title_of
from system.errors import DocumentFault


class Axes:
    """An embedding model of two directions: the title's, and that of everything else."""

    model_id, revision, dimension = "axes@Builtin", "1", 2

    def __init__(self):
        self.calls = []

    def embed(self, texts):
        self.calls.append(list(texts))
        return np.array([[1, 0] if text == "otters" else [0, 1] for text in texts], dtype=np.float32).reshape(-1, 2)


def titled(**config):
    return TitledEmbedder(Axes(), Document(name="otters.txt", parser_config=config))


def test_a_title_is_the_name_without_suffix():
    assert title_of(Document(name="a.tar.gz")) == "a.tar"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "text"),
        ({"headings": ["A", "B"]}, "A\nB\ntext"),
        ({"questions": ["who?", "why?"]}, "who?\nwhy?"),
        ({"headings": ["A"], "questions": ["who?"]}, "A\nwho?"),
    ],
    ids=["content", "headings", "questions", "both"],
)
def test_headings_come_first_and_questions_stand_for_the_content(given, text):
    assert text_of("text", **given) == text


@pytest.mark.parametrize(
    ("config", "weight"),
    [({}, 0.1), ({"filename_embd_weight": None}, 0.1), ({"filename_embd_weight": 0.5}, 0.5)],
    ids=["default", "null", "given"],
)
def test_the_title_has_its_share_of_a_unit_vector(config, weight):
    (vector,) = titled(**config).embed(["text"])

    assert vector[0] / vector[1] == pytest.approx(weight / (1 - weight))
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_the_title_is_embedded_once_with_the_first_texts():
    embedder = titled()

    first, second = embedder.embed(["a"]), embedder.embed(["b"])

    assert embedder.embedder.calls == [["otters", "a"], ["b"]]
    assert np.array_equal(first, second)


def test_a_title_without_weight_is_not_embedded():
    embedder = titled(filename_embd_weight=0)

    assert embedder.embed(["a"]).tolist() == [[0, 1]]
    assert embedder.embedder.calls == [["a"]]


def test_a_digest_tells_all_that_decides_a_vector():
    digests = {titled().digest("a"), titled().digest("b"), titled(filename_embd_weight=0.5).digest("a")}

    assert len(digests) == 3
    assert titled().digest("a") in digests


@pytest.mark.parametrize("weight", ["much", "0.5", True, -0.1, 1.1, 10**400, [0.1], {}], ids=repr)
def test_a_weight_that_is_none_is_told(weight):
    with pytest.raises(DocumentFault, match="set it to a number from 0 to 1"):
        titled(filename_embd_weight=weight)
