"""Questions to queries."""

import pytest

from knowledgebases.engines.base import WIDEST, WINDOW
from knowledgebases.models import EmbeddingSpace
from knowledgebases.retrieval import query
from system.errors import DataError, Misconfigured
from tests.factories import KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST, Compass


def test_every_dataset_gets_the_terms_of_its_language(kb):
    german = KnowledgebaseFactory(language="German")

    found = query.terms_by_dataset([kb, german], "running dogs")

    assert found == {kb.pk: ("run", "dog"), german.pk: ("running", "dog")}


def test_terms_are_not_repeated(kb):
    assert query.terms_by_dataset([kb], "dog dogs DOG") == {kb.pk: ("dog",)}


@pytest.mark.parametrize(
    ("page", "page_size", "expected"),
    [
        (1, 1, (WINDOW, WINDOW)),
        (1, WINDOW, (WINDOW, WINDOW)),
        (1, WINDOW + 1, (2 * WINDOW, 2 * WINDOW)),
        (5, 30, (WINDOW, 2 * WINDOW)),
        (2, 700, (1024, 1024)),
        (10**14, 30, (WINDOW, WIDEST)),
        (1, 10**9, (WIDEST, WIDEST)),
        (1, 0, (WINDOW, WINDOW)),
    ],
)
def test_the_window_grows_with_the_page_asked_for(page, page_size, expected):
    assert query.windows(page, page_size) == expected


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
    with pytest.raises(Misconfigured, match="reindex the datasets"):
        query.embed("east", Compass(revision="2"), space)


def test_of_a_very_long_question_the_first_terms_count(kb):
    (terms,) = query.terms_by_dataset([kb], " ".join(f"word{number}" for number in range(2000))).values()

    assert len(terms) == 1000
    assert terms[0] == "word0"


def test_of_a_long_question_to_many_datasets_fewer_terms_count(kb, monkeypatch):
    monkeypatch.setattr(query, "ASKED", 7)
    kbs = [kb, KnowledgebaseFactory(language="German"), KnowledgebaseFactory()]

    found = query.terms_by_dataset(kbs, "otters hold hands and sleep in kelp")

    assert {len(terms) for terms in found.values()} == {2}
