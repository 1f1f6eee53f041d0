"""The retrieval route, row by row of the contract (B.3, F)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import changes, removal
from documents.changes import Change
from tests.contract.answers import UNKNOWN, exception, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/retrieval"
HIT = {
    *("id", "content", "content_ltks", "document_id", "document_keyword", "dataset_id", "important_keywords"),
    *("image_id", "similarity", "vector_similarity", "term_similarity", "positions", "doc_type_kwd", "highlight"),
}


@pytest.fixture
def ask(api):
    def ask(client=None, **body):
        return (client or api).post(URL, body, format="json")

    return ask


@pytest.fixture
def hits(ask, kb):
    """Texts of the hits for a question, in their order."""

    def hits(question="chunk", **body):
        data = ask(**{"dataset_ids": [kb.pk], "question": question, **body}).json()["data"]
        return [hit["content"] for hit in data["chunks"]]

    return hits


@pytest.fixture
def five(upload, publish, api):
    """A parsed chunk and four added ones, as the contract has them."""
    document = publish(upload("ragflow_test_upload_0.txt"), "This is the content of a test TXT file.")
    for number in range(4):
        path = f"/api/v1/datasets/{document.kb_id}/documents/{document.pk}/chunks"
        api.post(path, {"content": f"chunk test {number}"}, format="json")
    return document


def test_a_question_answers_hits_with_their_scores(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question="chunk")

    data = answer.json()["data"]
    assert (answer.status_code, set(answer.json()), set(data)) == (
        200,
        {"code", "data"},
        {"total", "chunks", "doc_aggs"},
    )
    assert (data["total"], len(data["chunks"])) == (4, 4)
    assert data["doc_aggs"] == [{"doc_name": five.name, "doc_id": five.pk, "count": 4}]
    hit = data["chunks"][0]
    assert set(hit) == HIT
    assert (hit["document_id"], hit["document_keyword"], hit["dataset_id"]) == (five.pk, five.name, kb.pk)
    assert hit["content_ltks"].startswith("chunk test")
    expected = 0.7 * hit["term_similarity"] + 0.3 * hit["vector_similarity"]
    assert hit["similarity"] == pytest.approx(expected)
    assert "<em>chunk</em>" in hit["highlight"]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 400, failure(102, "`dataset_ids` is required.")),
        ({"dataset_ids": []}, 400, failure(102, "`dataset_ids` is required.")),
        ({"dataset_ids": None}, 400, failure(102, "`dataset_ids` is required.")),
        ({"dataset_ids": "abc"}, 400, failure(102, "`dataset_ids` should be a list")),
        ({"dataset_ids": [UNKNOWN]}, 404, failure(102, f"You don't own the dataset {UNKNOWN}.")),
        ({"dataset_ids": [1]}, 404, failure(102, "You don't own the dataset 1.")),
    ],
)
def test_datasets_are_judged_first(ask, body, status, expected):
    answer = ask(**body, document_ids="wrong", top_k=-1)

    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"question": None, "document_ids": "abc"}, 400, failure(102, "`question` is required.")),
        ({"document_ids": "abc", "top_k": 0}, 400, failure(102, "`documents` should be a list")),
        ({"document_ids": [UNKNOWN], "top_k": 0}, 404, failure(102, f"The datasets don't own the document {UNKNOWN}")),
        (
            {"rerank_id": "unknown"},
            404,
            {"code": 100, "message": "LookupError('Model(unknown) not authorized')", "data": None},
        ),
        ({"question": 1}, 400, failure(101, "`question` should be a text.")),
        ({"page": "a"}, 400, failure(101, "`page` should be a number, not 'a'.")),
        ({"page_size": []}, 400, failure(101, "`page_size` should be a number, not '[]'.")),
        (
            {"similarity_threshold": "nan"},
            400,
            failure(101, "`similarity_threshold` should be a number, not 'nan'."),
        ),
        (
            {"metadata_condition": {"conditions": "x"}},
            400,
            failure(101, "`metadata_condition` should be an object with a list `conditions`."),
        ),
    ],
)
def test_a_wrong_value_is_refused(ask, kb, body, status, expected):
    answer = ask(**{"dataset_ids": [kb.pk], "question": "chunk", **body})

    assert (answer.status_code, answer.json()) == (status, expected)


def test_a_question_key_is_required(ask, kb):
    assert ask(dataset_ids=[kb.pk]).json() == failure(102, "`question` is required.")


@pytest.mark.parametrize("top_k", [0, -1])
def test_top_k_is_positive(ask, kb, top_k):
    answer = ask(dataset_ids=[kb.pk], question="chunk", top_k=top_k)

    assert (answer.status_code, answer.json()) == (400, exception("`top_k` must be greater than 0"))


@pytest.mark.parametrize("body", [{"keyword": True}, {"cross_languages": ["German"]}, {"use_kg": True}])
def test_what_needs_a_chat_model_is_refused_by_name(ask, kb, body):
    answer = ask(dataset_ids=[kb.pk], question="chunk", **body)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert f"`{next(iter(body))}` needs a chat model" in answer.json()["message"]


def test_datasets_of_different_models_are_not_searched_together(ask, kb, owner):
    other = KnowledgebaseFactory(owner=owner, embd_id="other@Builtin")

    answer = ask(dataset_ids=[kb.pk, other.pk], question="chunk")

    assert (answer.status_code, answer.json()) == (400, failure(102, 'Datasets use different embedding models."'))


def test_what_the_sdk_sends_is_understood(hits, five):
    sent = {
        "page": 1,
        "page_size": 30,
        "similarity_threshold": 0.2,
        "vector_similarity_weight": 0.3,
        "top_k": 1024,
        "rerank_id": None,
        "keyword": False,
        "document_ids": [],
        "cross_languages": None,
        "metadata_condition": None,
        "unknown": "x",
    }

    assert len(hits(**sent)) == 4


def test_an_empty_question_has_no_answer(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question=" ")

    assert answer.json() == {"code": 0, "data": {"total": 0, "chunks": [], "doc_aggs": {}}}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"page": 1, "page_size": 2}, 2),
        ({"page": 2, "page_size": 2}, 2),
        ({"page": 3, "page_size": 2}, 0),
        ({"page": "1", "page_size": "2"}, 2),
        ({"page": None, "page_size": None}, 4),
        ({"page_size": 0}, 0),
        ({"page": 10**14}, 0),
        ({"vector_similarity_weight": 0}, 4),
        ({"vector_similarity_weight": 0.5}, 4),
        ({"vector_similarity_weight": 10}, 4),
        ({"top_k": 1}, 4),
        ({"similarity_threshold": 0}, 4),
        ({"similarity_threshold": 1.5}, 0),
    ],
)
def test_hits_are_counted_and_paged(hits, five, body, count):
    assert len(hits(**body)) == count


def test_total_counts_all_pages(ask, kb, five):
    data = ask(dataset_ids=[kb.pk], question="chunk", page=2, page_size=3).json()["data"]

    assert (data["total"], len(data["chunks"]), data["doc_aggs"][0]["count"]) == (4, 1, 4)


@pytest.mark.parametrize(
    ("value", "marked"),
    [(True, True), ("True", True), (None, True), ("False", False), ("false", False), (False, False)],
)
def test_highlights_are_on_unless_switched_off(ask, kb, five, value, marked):
    chunks = ask(dataset_ids=[kb.pk], question="chunk", highlight=value).json()["data"]["chunks"]

    assert all(("highlight" in hit) == marked for hit in chunks)


def test_every_hit_has_a_highlight_that_is_safe_to_show(ask, kb, upload, publish):
    publish(upload(), "Otters <script>alert(1)</script> swim.")

    hit = ask(dataset_ids=[kb.pk], question="otter swims").json()["data"]["chunks"][0]

    assert hit["content"] == "Otters <script>alert(1)</script> swim."
    assert "<script>" not in hit["highlight"]
    assert "<em>Otters</em>" in hit["highlight"]


def test_a_question_may_have_10000_characters_and_no_more(ask, kb, five):
    long = ask(dataset_ids=[kb.pk], question="chunk " * 1666)
    longer = ask(dataset_ids=[kb.pk], question="x" * 10_001)

    assert long.json()["data"]["total"] > 0
    assert (longer.status_code, longer.json()) == (
        413,
        failure(101, "`question` may have 10,000 characters; this one has 10,001. Shorten it."),
    )


@pytest.mark.parametrize("key", ["dataset_ids", "document_ids"])
def test_a_search_names_10000_ids_at_most(ask, kb, key):
    answer = ask(**{"dataset_ids": [kb.pk], "question": "chunk", key: [UNKNOWN] * 10_001})

    assert (answer.status_code, answer.json()["code"]) == (413, 101)
    assert "10,000 ids" in answer.json()["message"]


def test_models_of_one_name_with_an_at_sign_are_told_apart(ask, kb, owner):
    one = KnowledgebaseFactory(owner=owner, embd_id="team@one@Builtin")
    two = KnowledgebaseFactory(owner=owner, embd_id="team@two@Builtin")

    answer = ask(dataset_ids=[one.pk, two.pk], question="chunk")

    assert (answer.status_code, answer.json()["code"]) == (400, 102)


def test_several_datasets_are_searched_together(ask, kb, owner, upload, publish):
    other = KnowledgebaseFactory(owner=owner)
    publish(upload("a.txt"), "Otters hold hands.")
    publish(upload("b.txt", to=other), "Otters sleep.")

    data = ask(dataset_ids=[kb.pk, other.pk, kb.pk], question="otters").json()["data"]

    assert {hit["dataset_id"] for hit in data["chunks"]} == {kb.pk, other.pk}
    assert data["total"] == 2


def test_documents_restrict_the_search(hits, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    second = publish(upload("b.txt"), "Otters sleep.")

    assert hits("otters", document_ids=[second.pk]) == ["Otters sleep."]


def test_a_document_of_a_dataset_that_is_not_searched_is_like_an_unknown_one(ask, kb, foreign):
    document = DocumentFactory(kb=foreign)

    answer = ask(dataset_ids=[kb.pk], question="chunk", document_ids=[document.pk])

    assert (answer.status_code, answer.json()) == (
        404,
        failure(102, f"The datasets don't own the document {document.pk}"),
    )


def test_a_foreign_dataset_is_like_an_unknown_one(ask, kb, foreign):
    theirs = ask(dataset_ids=[kb.pk, foreign.pk], question="chunk")
    unknown = ask(dataset_ids=[kb.pk, UNKNOWN], question="chunk")

    assert theirs.json() == failure(102, f"You don't own the dataset {foreign.pk}.")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), foreign.pk.encode())


def test_a_teammate_searches_team_datasets_only(ask, api_as, owner, teammate, kb, upload, publish):
    team = KnowledgebaseFactory(owner=owner, team=True)
    publish(upload("a.txt", to=team), "Otters hold hands.")
    client = api_as(teammate)

    assert ask(client, dataset_ids=[team.pk], question="otters").json()["data"]["total"] == 1
    assert ask(client, dataset_ids=[kb.pk], question="otters").status_code == 404


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 200), (["write"], 200), ([], 401)])
def test_a_token_that_may_read_may_search(ask, api_as, anonymous, owner, kb, scopes, status):
    client = api_as(owner, scopes=scopes) if scopes else anonymous

    assert ask(client, dataset_ids=[kb.pk], question="chunk").status_code == status


def test_what_is_switched_off_or_deleted_is_not_found(hits, five, api):
    path = f"/api/v1/datasets/{five.kb_id}/documents/{five.pk}"
    chunks = api.get(f"{path}/chunks", {"keywords": "1"}).json()["data"]["chunks"]
    api.put(f"{path}/chunks/{chunks[0]['id']}", {"available": 0}, format="json")
    switched = hits()
    changes.change(five, Change(enabled=False))
    disabled = hits()
    changes.change(five, Change(enabled=True))
    enabled = hits()
    removal.remove([five.pk])

    assert (len(switched), len(disabled), len(enabled), len(hits())) == (3, 0, 3, 0)


def test_a_search_costs_the_same_for_one_hit_and_many(ask, kb, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    ask(dataset_ids=[kb.pk], question="otters")
    with CaptureQueriesContext(connection) as few:
        ask(dataset_ids=[kb.pk], question="otters")
    publish(upload("b.txt"), *[f"Otters, paragraph {number}." for number in range(20)])

    with CaptureQueriesContext(connection) as many:
        ask(dataset_ids=[kb.pk], question="otters")

    assert len(many) == len(few)
