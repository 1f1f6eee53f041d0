"""POST /v1/chunk/switch, row by row of the contract (C.6)."""

import pytest

from knowledgebases.models import Chunk, DenseRow, LexicalRow
from tests.contract.answers import UNKNOWN, exception
from tests.contract.web.documents.shapes import TRUE, missing, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def switch(call, document):
    def switch(*chunk_ids, to=0, **body):
        return call("switch", **{"doc_id": document.pk, "chunk_ids": chunk_ids, "available_int": to, **body})

    return switch


def off():
    """Ids of the chunks that are switched off, once their search rows are found to agree."""
    for rows in (LexicalRow, DenseRow):
        assert set(rows.objects.filter(available=False).values_list("chunk", flat=True)) == set(
            Chunk.objects.filter(available=False).values_list("pk", flat=True)
        )
    return set(Chunk.objects.filter(available=False).values_list("pk", flat=True))


def test_chunks_are_switched_off_and_on(five, switch):
    answer = switch(*five[:2])
    switched = off()
    switch(five[0], to="1")

    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert (switched, off()) == (set(five[:2]), {five[1]})


def test_what_is_switched_already_is_no_failure(five, switch):
    switch(five[0])

    assert switch(five[0], five[0]).json()["data"] is True
    assert off() == {five[0]}


def test_unknown_chunks_among_known_ones_are_passed_over(five, switch):
    assert switch(five[0], "x", UNKNOWN).json()["data"] is True
    assert off() == {five[0]}


@pytest.mark.parametrize("chunk_ids", [[], ["x"], [None, 1, {}]], ids=str)
def test_where_nothing_matches_the_switch_fails(five, switch, chunk_ids):
    answer = switch(chunk_ids=chunk_ids)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Index updating failure"))
    assert not off()


def test_chunks_of_another_document_are_never_switched(five, switch, upload, publish):
    other = publish(upload("other.txt"), "Stays.")

    alone = switch(other.chunks.get().pk)
    mixed = switch(other.chunks.get().pk, five[0])

    assert (alone.status_code, mixed.status_code) == (404, 200)
    assert off() == {five[0]}


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None, 1], ids=str)
def test_an_unknown_document_is_told(five, switch, doc_id):
    answer = switch(*five, doc_id=doc_id)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Document not found!"))
    assert not off()


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"chunk_ids": "x"}, 400, refusal(101, "`chunk_ids` should be a list")),
        ({"chunk_ids": None}, 400, refusal(101, "`chunk_ids` should be a list")),
        ({"available_int": None}, 400, refusal(101, "`available_int` should be 0 or 1.")),
        ({"available_int": "off"}, 400, exception("""ValueError("invalid literal for int() with base 10: 'off'")""")),
        (
            {"chunk_ids": ["x"] * 10_001},
            413,
            refusal(101, "A request may name 10,000 ids; this one names 10,001. Send several requests."),
        ),
    ],
    ids=["text", "null", "available-null", "available-word", "many"],
)
def test_a_wrong_value_is_refused(switch, body, status, expected):
    answer = switch(**body)

    assert (answer.status_code, answer.json()) == (status, expected)


def test_all_keys_must_be_there(call):
    answer = call("switch")

    assert (answer.status_code, answer.json()) == (400, missing("chunk_ids", "available_int", "doc_id"))
