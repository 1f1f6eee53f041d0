"""What a search may be told, row by row of the contract (B.3)."""

import pytest

from tests.contract.answers import UNKNOWN, exception, failure
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


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


def test_models_of_one_name_with_an_at_sign_are_told_apart(ask, kb, owner):
    one = KnowledgebaseFactory(owner=owner, embd_id="team@one@Builtin")
    two = KnowledgebaseFactory(owner=owner, embd_id="team@two@Builtin")

    answer = ask(dataset_ids=[one.pk, two.pk], question="chunk")

    assert (answer.status_code, answer.json()["code"]) == (400, 102)


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


def test_checks_go_by_the_order_of_the_contract(ask, kb, owner):
    other = KnowledgebaseFactory(owner=owner, embd_id="other@Builtin")
    steps = [
        ({"dataset_ids": None}, "`dataset_ids` is required."),
        ({"dataset_ids": "abc"}, "`dataset_ids` should be a list"),
        ({"dataset_ids": [kb.pk, other.pk, UNKNOWN]}, f"You don't own the dataset {UNKNOWN}."),
        ({"dataset_ids": [kb.pk, other.pk]}, 'Datasets use different embedding models."'),
        ({"dataset_ids": [kb.pk]}, "`question` is required."),
        ({"question": "chunk"}, "`documents` should be a list"),
        ({"document_ids": [UNKNOWN]}, f"The datasets don't own the document {UNKNOWN}"),
        ({"document_ids": []}, "`top_k` must be greater than 0"),
        ({"top_k": 1}, "LookupError('Model(unknown) not authorized')"),
    ]
    body = {"document_ids": "abc", "top_k": 0, "rerank_id": "unknown"}

    for change, message in steps:
        body |= change
        assert ask(**body).json()["message"] == message


@pytest.mark.parametrize(
    "value", [None, "", [], {}, 0, False], ids=["null", "text", "list", "object", "number", "false"]
)
def test_nothing_for_datasets_is_like_their_absence(ask, value):
    assert ask(dataset_ids=value, question="chunk").json() == failure(102, "`dataset_ids` is required.")


@pytest.mark.parametrize(
    "body",
    [
        {"document_ids": None},
        {"rerank_id": ""},
        {"keyword": None},
        {"keyword": "false"},
        {"cross_languages": []},
        {"use_kg": False},
        {"metadata_condition": {}},
        {"metadata_condition": None},
        {"similarity_threshold": None, "vector_similarity_weight": None, "top_k": None},
        {"top_k": "5"},
    ],
    ids=lambda body: next(iter(body)),
)
def test_null_and_nothing_are_like_absence(hits, five, body):
    assert len(hits(**body)) == 4


def test_datasets_of_one_model_by_two_providers_are_searched_together(ask, owner, kb):
    name = kb.embd_id.rpartition("@")[0]
    other = KnowledgebaseFactory(owner=owner, embd_id=f"{name}@OpenAI")

    assert ask(dataset_ids=[kb.pk, other.pk], question="chunk").json()["code"] == 0


def test_documents_do_not_stand_for_datasets(ask, five):
    answer = ask(document_ids=[five.pk], question="chunk")

    assert answer.json() == failure(102, "`dataset_ids` is required.")
