"""What every engine leaves out of a search, and what a hit carries."""

import pytest
from django.utils import timezone

from knowledgebases.conditions import Condition, Kind
from knowledgebases.models import Chunk
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST
from tests.knowledgebases.engines.conftest import contents


@pytest.mark.parametrize("known", [False, True], ids=["at once", "after it was found"])
@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda kb, doc: Chunk.objects.filter(document=doc).update(available=False), id="chunk off"),
        pytest.param(lambda kb, doc: type(doc).objects.filter(pk=doc.pk).update(enabled=False), id="document off"),
        pytest.param(
            lambda kb, doc: type(doc).objects.filter(pk=doc.pk).update(deleted_at=timezone.now()), id="document deleted"
        ),
        pytest.param(
            lambda kb, doc: type(kb).objects.filter(pk=kb.pk).update(deleted_at=timezone.now()), id="dataset deleted"
        ),
        pytest.param(lambda kb, doc: Chunk.objects.filter(document=doc).delete(), id="chunk deleted"),
    ],
)
def test_what_is_hidden_takes_no_candidate_place(kb, document, add, space, ask, hide, known):
    other = KnowledgebaseFactory(owner=kb.created_by, embd_id=kb.embd_id)
    add(document, "east wind", "east east wind wind")
    add(DocumentFactory(kb=other), "a wind from the east and many other words")
    if known:
        assert len(ask("wind", kb, other).hits) == 3

    hide(kb, document)

    found = ask("wind", kb, other, vector=EAST, space_id=space.pk, lexical=1, dense=1)
    assert contents(found) == ["a wind from the east and many other words"]


def test_what_is_shown_again_is_found_again(kb, document, add, ask):
    add(document, "east wind")
    Chunk.objects.filter(document=document).update(available=False)
    assert contents(ask("wind", kb)) == []

    Chunk.objects.filter(document=document).update(available=True)

    assert contents(ask("wind", kb)) == ["east wind"]


def test_documents_can_be_chosen(kb, document, add, space, ask):
    other = DocumentFactory(kb=kb)
    add(document, "east wind")
    add(other, "wind from the east")

    found = ask("wind", kb, vector=EAST, space_id=space.pk, document_ids=[other.pk])

    assert contents(found) == ["wind from the east"]
    assert found.documents == 1
    assert list(ask("wind", kb, vector=EAST, space_id=space.pk, document_ids=[]).hits) == []


def test_documents_can_be_chosen_by_their_metadata(kb, add, space, ask):
    for year in (2023, 2024):
        add(DocumentFactory(kb=kb, meta_fields={"year": year}), f"east wind of {year}")

    found = ask("wind", kb, vector=EAST, space_id=space.pk, where=Condition("year", ">", 2023, Kind.AUTO))

    assert contents(found) == ["east wind of 2024"]


@pytest.mark.parametrize(("unless_none", "hits"), [(False, []), (True, ["east wind"])], ids=["nothing", "everything"])
def test_conditions_that_no_document_meets_find(kb, document, add, ask, unless_none, hits):
    add(document, "east wind")

    found = ask("wind", kb, where=Condition("year", ">", 2023, Kind.AUTO), unless_none=unless_none)

    assert contents(found) == hits
    assert found.documents == 0


def test_chosen_documents_take_all_candidate_places(kb, document, add, space, ask):
    add(document, *(f"east wind {number}" for number in range(10)))
    other = DocumentFactory(kb=kb)
    add(other, "many words, and one of them is wind")

    found = ask("wind", kb, vector=EAST, space_id=space.pk, lexical=2, dense=2, document_ids=[other.pk])

    assert contents(found) == ["many words, and one of them is wind"]


def test_a_hit_carries_all_that_an_answer_shows(kb, document, add, ask):
    (chunk,) = add(
        document, "apples", important_keywords=["fruit"], questions=["what?"], positions=[[1, 2, 3, 4, 5]], kind="table"
    )
    type(kb).objects.filter(pk=kb.pk).update(pagerank=7)

    (hit,) = ask("apples", kb).hits

    assert (hit.chunk_id, hit.document_id, hit.document_name, hit.kb_id) == (
        chunk.pk, document.pk, "handbook.txt", kb.pk,
    )  # fmt: skip
    assert (hit.keywords, hit.questions, hit.positions, hit.kind, hit.pagerank) == (
        ["fruit"], ["what?"], [[1, 2, 3, 4, 5]], "table", 7,
    )  # fmt: skip


def test_the_same_question_finds_the_same_in_the_same_order(kb, document, add, space, ask):
    add(document, *(f"wind {number}" for number in range(30)))

    answers = [ask("wind", kb, vector=EAST, space_id=space.pk, lexical=5, dense=5) for _ in range(3)]

    ranked = [sorted((hit.place, hit.chunk_id) for hit in answer.hits) for answer in answers]
    assert ranked[0] == ranked[1] == ranked[2]
