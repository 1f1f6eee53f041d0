"""POST /api/v1/dify/retrieval, row by row of the contract (B.7)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import changes, removal
from documents.changes import Change
from documents.models import Document
from knowledgebases.models import Knowledgebase
from tests.contract.answers import UNKNOWN, exception, failure
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/dify/retrieval"
NO_KEY = failure(403, "API-KEY is invalid!")
NO_DATASET = failure(404, "Knowledgebase not found!")


@pytest.fixture
def ask(api, kb):
    """Ask the dataset about otters, unless the body says otherwise."""

    def ask(client=None, **body):
        return (client or api).post(URL, {"knowledge_id": kb.pk, "query": "otters", **body}, format="json")

    return ask


@pytest.fixture
def otters(upload, publish):
    """Two documents with metadata, one with a passage that answers and one with two."""
    for name, year, texts in [("old", 1999, ["Otters hold hands."]), ("new", 2024, ["Otters sleep.", "Otters swim."])]:
        document = publish(upload(f"{name}.txt"), *texts)
        changes.change(document, Change(meta_fields={"year": year}))


def contents(answer):
    return {record["content"] for record in answer.json()["records"]}


def test_records_come_without_an_envelope(ask, otters):
    answer = ask()

    assert (answer.status_code, set(answer.json())) == (200, {"records"})
    records = answer.json()["records"]
    assert len(records) == 3
    for record in records:
        document = Document.objects.get(name=record["title"])
        assert set(record) == {"content", "score", "title", "metadata"}
        assert record["metadata"] == {**document.meta_fields, "doc_id": document.pk}
        assert 0 < record["score"] <= 1
    assert sorted(records, key=lambda record: -record["score"]) == records


def test_scores_are_those_of_the_retrieval_route(ask, api, kb, otters):
    body = {"dataset_ids": [kb.pk], "question": "otters", "similarity_threshold": 0}
    there = api.post("/api/v1/retrieval", body, format="json").json()["data"]["chunks"]

    assert [(record["content"], record["score"]) for record in ask().json()["records"]] == [
        (hit["content"], hit["similarity"]) for hit in there
    ]


@pytest.mark.parametrize(
    ("setting", "count"),
    [
        (None, 3),
        ({}, 3),
        ({"top_k": 2}, 2),
        ({"top_k": "1"}, 1),
        ({"top_k": None, "score_threshold": None}, 3),
        ({"score_threshold": 2}, 0),
        ({"unknown": "x"}, 3),
    ],
    ids=str,
)
def test_the_setting_bounds_number_and_score(ask, otters, setting, count):
    assert len(ask(retrieval_setting=setting).json()["records"]) == count


def test_metadata_restrict_the_search(ask, otters):
    conditions = [{"name": "year", "comparison_operator": ">", "value": 2000}]

    assert contents(ask(metadata_condition={"conditions": conditions})) == {"Otters sleep.", "Otters swim."}


def test_metadata_that_no_document_meets_give_no_records(ask, otters):
    conditions = [{"name": "year", "comparison_operator": ">", "value": 3000}]

    answer = ask(metadata_condition={"conditions": conditions})

    assert (answer.status_code, answer.json()) == (200, {"records": []})


@pytest.mark.parametrize("nothing", [None, {}, {"conditions": []}, {"conditions": None}], ids=str)
def test_without_conditions_nothing_is_restricted(ask, otters, nothing):
    assert len(ask(metadata_condition=nothing).json()["records"]) == 3


@pytest.mark.parametrize("query", ["", "  "], ids=["empty", "blank"])
def test_an_empty_question_has_no_records(ask, query):
    answer = ask(query=query)

    assert (answer.status_code, answer.json()) == (200, {"records": []})


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_AUTHORIZATION": "Bearer"},
        {"HTTP_AUTHORIZATION": "Bearer ragflow-unknown"},
    ],
    ids=["none", "empty", "one-word", "unknown"],
)
def test_without_a_valid_key_nothing_is_told(anonymous, kb, header):
    answer = anonymous.post(URL, {"knowledge_id": kb.pk, "query": "otters"}, format="json", **header)

    assert (answer.status_code, answer.json()) == (403, NO_KEY)


def test_the_key_is_judged_before_the_body(anonymous):
    assert anonymous.post(URL, "{", content_type="application/json").json() == NO_KEY


def test_a_session_of_the_web_api_is_no_key(web, kb):
    assert web.post(URL, {"knowledge_id": kb.pk, "query": "otters"}, format="json").json() == NO_KEY


@pytest.mark.parametrize(
    ("body", "keys"),
    [({}, "knowledge_id,query"), ({"knowledge_id": "x"}, "query"), ({"query": "x"}, "knowledge_id")],
    ids=["both", "query", "dataset"],
)
def test_dataset_and_question_must_be_named(api, body, keys):
    answer = api.post(URL, body, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(101, f"required argument are missing: {keys}; "))


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b'"text"'], ids=["empty", "broken", "list", "text"])
def test_a_body_that_is_no_object_has_no_keys(api, sent):
    answer = api.post(URL, sent, content_type="application/json")

    assert answer.json() == failure(101, "required argument are missing: knowledge_id,query; ")


@pytest.mark.parametrize("key", [UNKNOWN, "", None, 1, ["x"], "x" * 1000], ids=lambda key: str(key)[:5])
def test_an_unknown_dataset_is_told(ask, key):
    answer = ask(knowledge_id=key)

    assert (answer.status_code, answer.json()) == (404, NO_DATASET)


def test_a_dataset_without_any_chunk_is_told(ask):
    answer = ask()

    assert (answer.status_code, answer.json()) == (404, failure(404, "No chunk found! Check the chunk status please!"))


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"query": None}, 400, failure(101, "`query` should be a text.")),
        (
            {"query": "x" * 10_001},
            413,
            failure(101, "`query` may have 10,000 characters; this one has 10,001. Shorten it."),
        ),
        ({"retrieval_setting": [1]}, 400, failure(101, "`retrieval_setting` should be an object.")),
        (
            {"retrieval_setting": {"score_threshold": "a"}},
            400,
            failure(101, "`score_threshold` should be a number, not 'a'."),
        ),
        ({"retrieval_setting": {"top_k": 0}}, 400, exception("`top_k` must be greater than 0")),
        (
            {"metadata_condition": [1]},
            400,
            failure(101, "`metadata_condition` should be an object with a list `conditions`."),
        ),
        (
            {"use_kg": True},
            400,
            failure(101, "`use_kg` needs a chat model, which this site cannot call; leave it out."),
        ),
    ],
    ids=["query-null", "query-long", "setting-list", "threshold-word", "top-k", "conditions-list", "use-kg"],
)
def test_a_wrong_value_is_refused(ask, otters, body, status, expected):
    answer = ask(**body)

    assert (answer.status_code, answer.json()) == (status, expected)


def test_a_model_that_is_not_set_up_is_told_with_the_status(ask, otters, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(embd_id="gone@Nobody")

    answer = ask()

    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert "is not set up" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"knowledge_id": UNKNOWN}, 404, 404), ({"query": None}, 200, 101)],
    ids=["dataset", "argument"],
)
def test_the_status_is_the_code_in_the_manner_of_the_reference_too(ask, settings, body, status, code):
    settings.RAG_HTTP_STATUS = "reference"

    answer = ask(**body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_bad_key_is_403_in_the_manner_of_the_reference_too(anonymous, settings):
    settings.RAG_HTTP_STATUS = "reference"

    assert anonymous.post(URL).status_code == 403


def test_other_methods_have_no_route(api):
    answer = api.get(URL)

    assert (answer.status_code, answer.json()) == (405, exception("<MethodNotAllowed '405: Method Not Allowed'>"))


def test_a_foreign_dataset_is_like_an_unknown_one(ask, foreign):
    theirs, unknown = ask(knowledge_id=foreign.pk), ask(knowledge_id=UNKNOWN)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content


def test_a_teammate_asks_team_datasets_only(ask, api_as, owner, teammate, kb, upload, publish):
    team = KnowledgebaseFactory(owner=owner, team=True)
    publish(upload("a.txt", to=team), "Otters hold hands.")
    client = api_as(teammate)

    assert contents(ask(client, knowledge_id=team.pk)) == {"Otters hold hands."}
    assert ask(client, knowledge_id=kb.pk).json() == NO_DATASET


def test_a_token_that_may_read_may_ask(ask, api_as, owner, otters):
    assert len(ask(api_as(owner, scopes=["read"])).json()["records"]) == 3


def test_a_token_limited_to_other_datasets_does_not_know_this_one(ask, api_as, owner, otters):
    other = KnowledgebaseFactory(owner=owner)

    assert ask(api_as(owner, datasets=[other.pk])).json() == NO_DATASET


def test_what_is_switched_off_or_deleted_is_not_found(ask, otters, kb):
    old, new = kb.documents.get(name="old.txt"), kb.documents.get(name="new.txt")
    new.chunks.filter(content="Otters swim.").update(available=False)
    changes.change(old, Change(enabled=False))
    switched = contents(ask())
    removal.remove([new.pk])

    assert (switched, contents(ask())) == ({"Otters sleep."}, set())


def test_a_search_costs_the_same_for_one_record_and_many(ask, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    ask()
    with CaptureQueriesContext(connection) as few:
        ask()
    for number in range(5):
        publish(upload(f"{number}.txt"), f"Otters, paragraph {number}.", f"Otters, story {number}.")

    with CaptureQueriesContext(connection) as many:
        ask()

    assert len(many) == len(few)
