"""From question to answer."""

import pytest

from knowledgebases import embedders, indexing, retrieval
from knowledgebases.models import Chunk, chunk_id
from knowledgebases.retrieval import Answer, Options, retrieve, search_text
from system.errors import Unavailable
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import Compass

ADDED = [f"chunk test {number}" for number in range(4)]
PARSED = "This is the content of a test TXT file."


class Silent(Compass):
    """A remote model that does not answer."""

    def embed_query(self, text):
        raise Unavailable("model `compass` does not answer")


@pytest.fixture
def search(kb, fresh, compass):
    def search(question, embedder=compass, **options):
        return retrieve([fresh(kb)], question, Options(**options), embedder=embedder)

    return search


def test_a_chunk_that_answers_comes_first(document, add, search):
    add(document, "east wind blows", "north wind blows", "unrelated words")

    answer = search("where is the east wind?", threshold=0.1)

    assert [scored.hit.content for scored in answer.hits] == ["east wind blows", "north wind blows"]
    assert answer.total == 2
    assert answer.exact
    assert not answer.degraded


def test_a_paraphrase_comes_back_and_unrelated_text_never_does(document, add, search):
    add(document, "east is where the sun rises", "nothing of the kind")

    answer = search("eastern", threshold=0, weight=0.5)

    assert [scored.hit.content for scored in answer.hits] == ["east is where the sun rises"]
    assert answer.hits[0].term_similarity == 0


def test_an_empty_dataset_with_the_model_from_elsewhere_takes_no_part(kb, document, add, fresh, compass, monkeypatch):
    add(document, "east wind")
    asked = []
    monkeypatch.setattr(retrieval, "embedder_for", lambda one: asked.append(one) or compass)

    answer = retrieve([KnowledgebaseFactory(embd_id="compass@OpenAI-API-Compatible"), fresh(kb)], "east")

    assert (answer.total, asked) == (1, [kb])


@pytest.mark.parametrize("question", ["", "  \n "], ids=["empty", "blank"])
def test_no_question_no_answer(document, add, search, question):
    add(document, "east")

    assert search(question) == Answer()


def test_an_empty_dataset_answers_nothing_and_needs_no_model(search):
    answer = search("east", embedder=None)

    assert (answer.total, list(answer.hits)) == (0, [])


def test_pages_part_the_hits_without_overlap(document, add, search):
    add(document, *(f"wind {number}" for number in range(25)))

    pages = [search("wind", page=page, page_size=10) for page in (1, 2, 3, 4)]

    ids = [scored.hit.chunk_id for page in pages for scored in page.hits]
    assert [len(page.hits) for page in pages] == [10, 10, 5, 0]
    assert len(set(ids)) == 25
    assert {page.total for page in pages} == {25}


def test_documents_are_counted_over_all_pages(kb, document, add, search):
    add(document, "wind 1")
    other = DocumentFactory(kb=kb, name="more.txt")
    add(other, "wind 2", "wind 3")

    counts = search("wind", page_size=1).documents

    assert [(count.document_id, count.document_name, count.count) for count in counts] == [
        (other.pk, "more.txt", 2),
        (document.pk, "handbook.txt", 1),
    ]


@pytest.mark.parametrize("document_ids", [None, []], ids=["none", "empty list"])
def test_no_document_ids_mean_all(document, add, search, document_ids):
    add(document, "wind")

    assert search("wind", document_ids=document_ids).total == 1


def test_highlights_come_when_asked_for(document, add, search):
    add(document, "East <wind>", vector=None)

    assert search("wind").hits[0].highlight is None
    assert search("wind", highlight=True).hits[0].highlight == "East &lt;<em>wind</em>&gt;"


def test_a_hit_without_matching_words_shows_its_text(document, add, search):
    add(document, "east <b>")

    assert search("eastern", threshold=0, weight=1, highlight=True).hits[0].highlight == "east &lt;b&gt;"


def test_a_silent_model_leaves_the_words_and_says_so(document, add, search):
    add(document, "east wind", "north")

    answer = search("east", embedder=Silent(), weight=1.0)

    assert [scored.hit.content for scored in answer.hits] == ["east wind"]
    assert "does not answer" in answer.degraded


def test_retrieval_takes_two_statements_at_most(kb, document, add, fresh, compass, django_assert_max_num_queries):
    add(document, "east")
    kb = type(kb).objects.get(pk=kb.pk)

    with django_assert_max_num_queries(2):  # the space, the search
        retrieve([kb], "east", embedder=compass)


class TestFiveChunks:
    """A parsed chunk and four added ones, with the bundled model: what clients of the contract check."""

    @pytest.fixture
    def document(self, kb):
        kb.embd_id = "all-MiniLM-L6-v2@Builtin"
        kb.save()
        document = DocumentFactory(kb=kb, name="ragflow_test_upload_0.txt")
        embedder = embedders.local_embedder("all-MiniLM-L6-v2")
        chunks = Chunk.objects.bulk_create(
            Chunk(id=chunk_id(document.pk, content), document=document, kb=kb, content=content, seq=seq)
            for seq, content in enumerate([PARSED, *ADDED])
        )
        titles = ["ragflow_test_upload_0", "", "", "", ""]
        entries = zip(chunks, embedder.embed([chunk.content for chunk in chunks]), titles, strict=True)
        indexing.index_chunks(kb, [indexing.Entry(*parts) for parts in entries], space=indexing.space_of(embedder))
        return document

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"weight": 0},
            {"weight": 0.5},
            {"weight": 10},
            {"top_k": 1},
            {"threshold": 0},
            {"threshold": 0, "weight": 1},
        ],
        ids=str,
    )
    def test_a_word_of_four_chunks_finds_those(self, kb, document, fresh, options):
        answer = retrieve([fresh(kb)], "chunk", Options(**options))

        assert sorted(scored.hit.content for scored in answer.hits) == ADDED
        assert answer.total == 4

    @pytest.mark.parametrize(
        ("keywords", "count"), [("1", 1), ("chunk", 4), ("ragflow", 1), ("unknown", 0), ("the", 0), ("", 0)]
    )
    def test_chunk_lists_search_words(self, document, keywords, count):
        total, listed = search_text(document, keywords)

        assert total == len(listed) == count

    def test_chunk_lists_mark_words_and_know_those_in_the_title(self, document):
        (found,) = search_text(document, "1")[1]
        (titled,) = search_text(document, "ragflow")[1]

        assert found.highlight == "chunk test <em>1</em>"
        assert (titled.chunk.content, titled.highlight) == (PARSED, None)

    def test_chunk_lists_show_what_searches_do_not_find(self, kb, document, fresh):
        Chunk.objects.filter(content="chunk test 1").update(available=False)

        assert search_text(document, "chunk", page=2, page_size=3)[0] == 4
        assert search_text(document, "chunk", available=False)[0] == 1
        assert search_text(document, "chunk", available=True)[0] == 3
        assert retrieve([fresh(kb)], "chunk").total == 3
