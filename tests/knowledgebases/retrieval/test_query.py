"""Questions to queries."""

import pytest

from knowledgebases.engines.base import WIDEST, WINDOW
from knowledgebases.models import EmbeddingSpace
from knowledgebases.retrieval import query
from system.errors import DataError, Misconfigured
from tests.factories import KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST, Compass


def build(kbs, question="running dogs", **fields):
    return query.build(
        kbs, question, **{"vector": None, "space": None, "document_ids": None, "top_k": 1024, "depth": 30, **fields}
    )


def test_every_dataset_gets_the_terms_of_its_language(kb):
    german = KnowledgebaseFactory(language="German")

    assert build([kb, german]).terms == {kb.pk: ("run", "dog"), german.pk: ("running", "dog")}


def test_terms_are_not_repeated(kb):
    assert build([kb], "dog dogs DOG").terms[kb.pk] == ("dog",)


@pytest.mark.parametrize(
    ("depth", "window"),
    [(1, WINDOW), (WINDOW, WINDOW), (WINDOW + 1, 2 * WINDOW), (700, 1024), (10**9, WIDEST)],
)
def test_the_window_grows_with_the_page_asked_for(kb, depth, window):
    built = build([kb], depth=depth, top_k=10**6)

    assert (built.lexical, built.dense) == (window, window)


def test_top_k_limits_the_dense_side_only(kb):
    built = build([kb], top_k=1)

    assert (built.lexical, built.dense) == (WINDOW, 1)


def test_chunks_in_scope_are_those_of_chosen_documents_when_that_matters(kb, document, add):
    add(document, "east", "north")
    kb.chunk_num = 50_000

    assert build([kb]).chunks == 50_000
    assert build([kb], document_ids=[document.pk]).chunks == 2


def test_empty_datasets_have_no_space(kb):
    assert query.common_space([kb]) is None


def test_the_space_is_that_of_the_filled_datasets(kb, document, add, fresh, space):
    add(document, "east")
    empty = KnowledgebaseFactory(embd_id=kb.embd_id)

    assert query.common_space([empty, fresh(kb)]) == space


@pytest.mark.parametrize("case", ["model", "space"])
def test_datasets_of_different_models_are_refused(kb, document, add, fresh, case):
    add(document, "east")
    other = KnowledgebaseFactory(embd_id="other@Builtin" if case == "model" else kb.embd_id)
    if case == "space":
        other.space = EmbeddingSpace.objects.create(model_id="compass@Builtin", revision="2", dimension=4, floor=0)

    with pytest.raises(DataError, match=r'^Datasets use different embedding models."$'):
        query.common_space([fresh(kb), other])


def test_the_provider_does_not_make_a_model_different(kb):
    query.common_space([kb, KnowledgebaseFactory(embd_id="compass@Elsewhere")])


def test_a_question_is_embedded_in_the_space(compass, space):
    assert (query.embed("east", compass, space) == EAST).all()


def test_a_model_that_has_changed_is_refused(space):
    with pytest.raises(Misconfigured, match="parse the documents anew"):
        query.embed("east", Compass(revision="2"), space)


def test_of_a_very_long_question_the_first_terms_count(kb):
    built = build([kb], question=" ".join(f"word{number}" for number in range(2000)))

    assert len(built.terms[kb.pk]) == 1000
    assert built.terms[kb.pk][0] == "word0"
