"""What every engine does with words: exact BM25 over fields, on a scale of its own."""

import math

import pytest

from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.engines.conftest import contents


def test_words_find_chunks_and_score_bm25_over_the_sum_of_idf(kb, document, add, ask):
    add(document, "apples and pears", "pears", "plums")

    found = {hit.content: hit for hit in ask("apples plums", kb).hits}

    idf = math.log(1 + 2.5 / 1.5)
    average = (4 * 120 + 4) / (4 + 3)
    assert set(found) == {"apples and pears", "plums"}
    tf = 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / average))
    assert found["apples and pears"].term == pytest.approx(idf * tf / (2 * idf), rel=1e-4)
    assert found["apples and pears"].cosine is None


def test_terms_that_no_chunk_holds_lower_the_term_score(kb, document, add, ask):
    add(document, "apples", "pears")

    (known,) = ask("apples", kb).hits
    (partly,) = ask("apples xylophone", kb).hits

    assert partly.term < known.term / 2


@pytest.mark.parametrize("question", ["apples", "title", "keyword", "question", "heading"])
def test_every_field_is_searched(kb, document, add, ask, question):
    add(document, "apples", title="title", important_keywords=["keyword"], questions=["question"], headings=["heading"])

    assert contents(ask(question, kb)) == ["apples"]


def test_several_datasets_are_searched_with_common_frequencies(kb, document, add, ask):
    other = KnowledgebaseFactory(embd_id=kb.embd_id)
    add(document, "wind", "rain")
    add(DocumentFactory(kb=other), "wind")

    scores = {hit.kb_id: hit.term for hit in ask("wind", kb, other).hits}

    assert set(scores) == {kb.pk, other.pk}
    assert scores[kb.pk] == pytest.approx(scores[other.pk], rel=0.02)


def test_datasets_of_different_languages_are_searched_with_the_words_of_each(kb, document, add, ask):
    german = KnowledgebaseFactory(embd_id=kb.embd_id, language="German")
    chinese = KnowledgebaseFactory(embd_id=kb.embd_id, language="Chinese")
    add(document, "running houses")
    add(DocumentFactory(kb=german), "die Häuser der Stadt")
    add(DocumentFactory(kb=chinese), "城市里的房子")

    found = ask("house Häusern 房子", kb, german, chinese)

    assert contents(found) == ["die Häuser der Stadt", "running houses", "城市里的房子"]


def test_a_dataset_is_not_found_by_the_words_of_another_language(kb, document, add, ask):
    german = KnowledgebaseFactory(embd_id=kb.embd_id, language="German")
    add(document, "park")  # English takes "parking" for a form of it, German does not
    add(DocumentFactory(kb=german), "park", "parking")

    found = ask("parking", kb, german)

    assert {(hit.content, hit.kb_id) for hit in found.hits} == {("park", kb.pk), ("parking", german.pk)}


def test_an_unknown_question_finds_nothing(kb, document, add, ask):
    add(document, "apples")

    assert list(ask("xylophone", kb).hits) == []
    assert list(ask("", kb).hits) == []
    assert list(ask("apples").hits) == []


def test_hostile_text_is_only_text(kb, document, add, ask):
    add(document, '%(kb_ids)s {documents} \'; DROP TABLE rag_chunk; -- {"match_all": {}} *:*')

    assert len(ask('%(kb_ids)s {documents} \'; DROP TABLE rag_chunk; -- \\ % {"match_all": {}} *:*', kb).hits) == 1


def test_a_very_long_question_is_answered(kb, document, add, ask):
    add(document, "word500")

    question = " ".join(f"word{number}" for number in range(900))

    assert contents(ask(question, kb)) == ["word500"]


def test_the_lexical_list_is_exhaustive_and_ends_where_it_is_told_to(kb, document, add, ask):
    add(document, *(f"wind {'rain ' * number}" for number in range(12)))

    whole = ask("wind", kb)
    best = sorted(whole.hits, key=lambda hit: (-hit.term, hit.chunk_id))[:3]
    few = ask("wind", kb, lexical=3)

    assert whole.exact
    assert len(whole.hits) == 12
    assert {hit.chunk_id for hit in few.hits} == {hit.chunk_id for hit in best}
