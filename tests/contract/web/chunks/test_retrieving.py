"""POST /v1/chunk/retrieval_test, row by row of the contract (C.6, F)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import changes
from documents.changes import Change
from tests.contract.answers import UNKNOWN, exception
from tests.contract.web.documents.shapes import OWNER103, missing, refusal
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

HIT = {
    *("chunk_id", "content_with_weight", "content_ltks", "doc_id", "docnm_kwd", "kb_id", "important_kwd"),
    *("question_kwd", "image_id", "similarity", "vector_similarity", "term_similarity", "positions", "doc_type_kwd"),
}


@pytest.fixture
def ask(call):
    def ask(client=None, **body):
        return call("retrieval_test", client, **body)

    return ask


@pytest.fixture
def hits(ask, kb):
    """Texts of the hits for a question, in their order."""

    def hits(question="chunk", **body):
        data = ask(**{"kb_id": kb.pk, "question": question, **body}).json()["data"]
        return [hit["content_with_weight"] for hit in data["chunks"]]

    return hits


@pytest.mark.parametrize("several", [False, True], ids=["text", "list"])
def test_a_question_answers_hits_with_their_scores(ask, kb, document, five, several):
    answer = ask(kb_id=[kb.pk] if several else kb.pk, question="chunk")

    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    data = body["data"]
    assert set(data) == {"total", "chunks", "doc_aggs", "labels"}
    assert (data["total"], len(data["chunks"]), data["labels"]) == (4, 4, None)
    assert data["doc_aggs"] == [{"doc_name": document.name, "doc_id": document.pk, "count": 4}]
    hit = data["chunks"][0]
    assert set(hit) == HIT
    assert (hit["doc_id"], hit["docnm_kwd"], hit["kb_id"]) == (document.pk, document.name, kb.pk)
    assert hit["content_ltks"].startswith("chunk test")
    assert hit["similarity"] == pytest.approx(0.7 * hit["term_similarity"] + 0.3 * hit["vector_similarity"])


def test_scores_are_those_of_the_other_api(ask, api, kb, five):
    body = {"question": "chunk test 1", "similarity_threshold": 0}
    here = ask(kb_id=kb.pk, **body).json()["data"]
    there = api.post("/api/v1/retrieval", {"dataset_ids": [kb.pk], **body}, format="json").json()["data"]

    assert [(hit["chunk_id"], hit["similarity"]) for hit in here["chunks"]] == [
        (hit["id"], hit["similarity"]) for hit in there["chunks"]
    ]
    assert (here["total"], here["doc_aggs"]) == (there["total"], there["doc_aggs"])


@pytest.mark.parametrize("key", ["kb_id", "question"])
def test_datasets_and_question_must_be_named(ask, key):
    body = {"kb_id": UNKNOWN, "question": "chunk"}
    del body[key]

    answer = ask(**body)

    assert (answer.status_code, answer.json()) == (400, missing(key))


def test_without_a_body_both_are_missing(web):
    assert web.post("/v1/chunk/retrieval_test").json() == missing("kb_id", "question")


@pytest.mark.parametrize(
    ("kb_id", "status", "expected"),
    [
        ("", 400, refusal(102, "Please specify dataset firstly.")),
        ([], 400, refusal(102, "Please specify dataset firstly.")),
        (None, 400, refusal(102, "Please specify dataset firstly.")),
        ({"a": 1}, 400, refusal(101, "`kb_id` should be the id of a dataset, or a list of ids.")),
        (UNKNOWN, 403, OWNER103),
        ([UNKNOWN], 403, OWNER103),
        ([1, None], 403, OWNER103),
    ],
    ids=["blank", "none", "null", "object", "unknown", "unknown-in-list", "no-texts"],
)
def test_datasets_are_judged_first(ask, kb_id, status, expected):
    answer = ask(kb_id=kb_id, question=1, doc_ids="wrong", top_k=-1)

    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"question": None}, 400, refusal(101, "`question` should be a text.")),
        ({"question": 1}, 400, refusal(101, "`question` should be a text.")),
        ({"doc_ids": "abc", "top_k": 0}, 400, refusal(102, "`doc_ids` should be a list")),
        ({"top_k": 0}, 400, exception("`top_k` must be greater than 0")),
        ({"top_k": -1}, 400, exception("`top_k` must be greater than 0")),
        ({"rerank_id": "unknown"}, 404, exception("LookupError('Model(unknown) not authorized')")),
        ({"page": "a"}, 400, refusal(101, "`page` should be a number, not 'a'.")),
        ({"size": []}, 400, refusal(101, "`size` should be a number, not '[]'.")),
        ({"similarity_threshold": "nan"}, 400, refusal(101, "`similarity_threshold` should be a number, not 'nan'.")),
        (
            {"question": "x" * 10_001},
            413,
            refusal(101, "`question` may have 10,000 characters; this one has 10,001. Shorten it."),
        ),
        (
            {"doc_ids": ["x"] * 10_001},
            413,
            refusal(101, "A request may name 10,000 ids; this one names 10,001. Send several requests."),
        ),
    ],
    ids=lambda case: next(iter(case)) if isinstance(case, dict) and len(case) < 3 else None,
)
def test_a_wrong_value_is_refused(ask, kb, five, body, status, expected):
    answer = ask(**{"kb_id": kb.pk, "question": "chunk", **body})

    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"keyword": True}, "needs a chat model"),
        ({"cross_languages": ["German"]}, "needs a chat model"),
        ({"use_kg": 1}, "needs a chat model"),
        ({"search_id": UNKNOWN}, "saved search"),
    ],
    ids=["keyword", "cross-languages", "use-kg", "search-id"],
)
def test_what_this_site_has_not_is_refused_by_name(ask, kb, five, body, why):
    answer = ask(kb_id=kb.pk, question="chunk", **body)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert answer.json()["message"].startswith(f"`{next(iter(body))}` ")
    assert why in answer.json()["message"]


def test_what_clients_send_along_is_understood(hits, five):
    nothing = {"rerank_id": None, "search_id": None, "cross_languages": [], "doc_ids": None, "page": None, "size": None}
    off = {"keyword": False, "use_kg": False, "highlight": None, "top_k": None, "similarity_threshold": None}

    assert len(hits(**nothing, **off, unknown="x")) == 4


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"page": 1, "size": 2}, 2),
        ({"page": 2, "size": 2}, 2),
        ({"page": 3, "size": 2}, 0),
        ({"page": "1", "size": "2"}, 2),
        ({"size": 0}, 0),
        ({"page": 10**14}, 0),
        ({"vector_similarity_weight": 0}, 4),
        ({"vector_similarity_weight": 0.5}, 4),
        ({"vector_similarity_weight": 10}, 4),
        ({"top_k": 1}, 4),
        ({"similarity_threshold": 0.2}, 4),
        ({"similarity_threshold": 1.5}, 0),
        ({"doc_ids": []}, 4),
        ({"doc_ids": ["x"]}, 0),
        ({"question": "zebra"}, 0),
    ],
    ids=str,
)
def test_hits_are_counted_and_paged(hits, five, body, count):
    assert len(hits(**body)) == count


def test_every_hit_counts_unless_a_threshold_is_given(hits, upload, publish):
    publish(upload("a.txt"), "Otters hold hands, and beavers build dams.")
    question = "beaver lodge architecture pond felling timber"

    assert len(hits(question)) == 1
    assert not hits(question, similarity_threshold=0.9)


@pytest.mark.parametrize(
    ("value", "marked"),
    [(True, True), (1, True), ("False", True), (["x"], True), (False, False), (0, False), ("", False), (None, False)],
    ids=str,
)
def test_highlights_are_on_for_whatever_is_not_empty(ask, kb, five, value, marked):
    chunks = ask(kb_id=kb.pk, question="chunk", highlight=value).json()["data"]["chunks"]

    assert all(("highlight" in hit) == marked for hit in chunks)
    assert not marked or "<em>chunk</em>" in chunks[0]["highlight"]


@pytest.mark.parametrize("filled", [True, False], ids=["filled", "unfilled"])
def test_an_empty_question_has_no_answer(ask, kb, request, filled):
    if filled:
        request.getfixturevalue("five")

    answer = ask(kb_id=kb.pk, question=" ")

    assert answer.json()["data"] == {"total": 0, "chunks": [], "doc_aggs": {}, "labels": None}


def test_datasets_without_any_chunk_are_told(ask, kb, document, owner):
    answer = ask(kb_id=[kb.pk, KnowledgebaseFactory(owner=owner).pk], question="chunk")

    expected = refusal(102, "No chunk found! Check the chunk status please!")
    assert (answer.status_code, answer.json()) == (404, expected)


def test_datasets_of_different_models_are_not_searched_together(ask, kb, owner):
    other = KnowledgebaseFactory(owner=owner, embd_id="other@Builtin")

    answer = ask(kb_id=[kb.pk, other.pk], question="chunk")

    assert (answer.status_code, answer.json()) == (400, refusal(102, 'Datasets use different embedding models."'))


def test_several_datasets_are_searched_together(ask, kb, owner, upload, publish):
    other = KnowledgebaseFactory(owner=owner)
    publish(upload("a.txt"), "Otters hold hands.")
    publish(upload("b.txt", to=other), "Otters sleep.")

    data = ask(kb_id=[kb.pk, other.pk, kb.pk], question="otters").json()["data"]

    assert {hit["kb_id"] for hit in data["chunks"]} == {kb.pk, other.pk}


def test_documents_restrict_the_search(hits, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    second = publish(upload("b.txt"), "Otters sleep.")

    assert hits("otters", doc_ids=[second.pk, UNKNOWN]) == ["Otters sleep."]


def test_only_available_chunks_of_enabled_documents_are_found(hits, call, document, five):
    call("switch", doc_id=document.pk, chunk_ids=five[:1], available_int=0)
    switched = len(hits())
    changes.change(document, Change(enabled=False))
    disabled = len(hits())
    changes.change(document, Change(enabled=True))

    assert (switched, disabled, len(hits())) == (3, 0, 3)


def test_a_foreign_dataset_is_like_an_unknown_one(ask, kb, foreign):
    theirs = ask(kb_id=[kb.pk, foreign.pk], question="chunk")
    unknown = ask(kb_id=[kb.pk, UNKNOWN], question="chunk")

    assert theirs.status_code == unknown.status_code == 403
    assert theirs.content == unknown.content


def test_a_document_of_a_foreign_dataset_is_like_an_unknown_one(ask, kb, five, foreign, stranger, upload, publish):
    document = DocumentFactory(kb=foreign)

    theirs = ask(kb_id=kb.pk, question="chunk", doc_ids=[document.pk])
    unknown = ask(kb_id=kb.pk, question="chunk", doc_ids=[UNKNOWN])

    assert theirs.status_code == unknown.status_code == 200
    assert theirs.content == unknown.content


def test_a_teammate_searches_team_datasets_only(ask, web_as, owner, teammate, kb, upload, publish):
    team = KnowledgebaseFactory(owner=owner, team=True)
    publish(upload("a.txt", to=team), "Otters hold hands.")
    client = web_as(teammate)

    assert ask(client, kb_id=team.pk, question="otters").json()["data"]["total"] == 1
    assert ask(client, kb_id=kb.pk, question="otters").json() == OWNER103


def test_a_search_costs_the_same_for_one_hit_and_many(ask, kb, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    ask(kb_id=kb.pk, question="otters")
    with CaptureQueriesContext(connection) as few:
        ask(kb_id=kb.pk, question="otters")
    publish(upload("b.txt"), *[f"Otters, paragraph {number}." for number in range(20)])

    with CaptureQueriesContext(connection) as many:
        ask(kb_id=kb.pk, question="otters")

    assert len(many) == len(few)
