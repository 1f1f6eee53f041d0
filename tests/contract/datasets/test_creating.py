"""POST /datasets, row by row of the contract (B.1)."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase
from system.models import ModelEndpoint
from tests.contract.answers import DATASET, DATASETS

pytestmark = pytest.mark.django_db

RAPTOR = {
    "use_raptor": False,
    "prompt": "Please summarize the following paragraphs. Be careful with the numbers, do not make things up. "
    "Paragraphs as following:\n      {cluster_content}\nThe above is the content you need to summarize.",
    "max_token": 256,
    "threshold": 0.1,
    "max_cluster": 64,
    "random_seed": 0,
}
GRAPHRAG = {
    "use_graphrag": False,
    "entity_types": ["organization", "person", "geo", "event", "category"],
    "method": "light",
    "community": False,
    "resolution": False,
}
OFF = {"raptor": {"use_raptor": False}, "graphrag": {"use_graphrag": False}}
# Configs of datasets that were given none (E.2).
DEFAULTS = {
    "naive": {
        "layout_recognize": "DeepDOC",
        "chunk_token_num": 512,
        "delimiter": "\n",
        "auto_keywords": 0,
        "auto_questions": 0,
        "html4excel": False,
        "topn_tags": 3,
        "raptor": RAPTOR | {"use_raptor": True},
        "graphrag": {
            "use_graphrag": True,
            "entity_types": ["organization", "person", "geo", "event", "category"],
            "method": "light",
        },
    },
    **dict.fromkeys(["qa", "manual", "paper", "book", "laws", "presentation"], OFF),
    **{method: {} for method in ["tag", "table", "one", "email", "picture"]},
}
COMPLETED = {
    "auto_keywords": 0,
    "auto_questions": 0,
    "chunk_token_num": 512,
    "delimiter": "\\n",
    "html4excel": False,
    "layout_recognize": "DeepDOC",
    "tag_kb_ids": [],
    "topn_tags": 1,
    "filename_embd_weight": 0.1,
    "task_page_size": None,
    "pages": None,
    "raptor": RAPTOR,
    "graphrag": GRAPHRAG,
}


def test_a_new_dataset_has_every_field(create, owner):
    response = create(name=" handbook ")

    body = response.json()
    data = body["data"]
    assert (response.status_code, set(body), body["code"]) == (200, {"code", "data"}, 0)
    assert set(data) == DATASET
    assert data["name"] == "handbook"
    assert uuid.UUID(data["id"]).version == 1
    assert data["tenant_id"] == data["created_by"] == owner.pk
    assert data["embedding_model"] == owner.tenant.embd_id
    assert (data["permission"], data["chunk_method"], data["language"]) == ("me", "naive", "English")
    assert data["avatar"] is data["description"] is data["graphrag_task_id"] is None
    assert (data["similarity_threshold"], data["vector_similarity_weight"], data["pagerank"]) == (0.2, 0.3, 0)
    assert data["status"] == "1"
    assert isinstance(data["create_time"], int)
    made = datetime.fromtimestamp(data["create_time"] / 1000, UTC)
    assert data["create_date"] == f"{made:%a, %d %b %Y %H:%M:%S} GMT"
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
    assert isinstance(data["update_time"], int)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, parser_config.default("naive")), ({}, parser_config.default("naive"))],
    ids=["null", "empty"],
)
def test_a_config_that_is_empty_means_the_default_of_the_method(create, given, expected):
    assert create(parser_config=given).json()["data"]["parser_config"] == expected
    assert create().json()["data"]["parser_config"] == expected


def test_a_given_config_is_completed_and_merged_over_the_default(create):
    config = create(parser_config={"chunk_token_num": 1024}).json()["data"]["parser_config"]

    assert config == COMPLETED | {"chunk_token_num": 1024}


@pytest.mark.parametrize("method", DEFAULTS)
def test_the_default_config_is_that_of_the_method(create, method):
    absent = create(chunk_method=method).json()["data"]
    empty = create(chunk_method=method, parser_config={}).json()["data"]

    assert (absent["chunk_method"], absent["parser_config"], empty["parser_config"]) == (
        method,
        *[DEFAULTS[method]] * 2,
    )


@pytest.mark.parametrize("method", [method for method in DEFAULTS if method != "naive"])
def test_a_given_config_is_completed_whatever_the_method(create, method):
    data = create(chunk_method=method, parser_config={"auto_keywords": 1}).json()["data"]

    assert data["parser_config"] == COMPLETED | {"auto_keywords": 1}


def test_limits_are_within(create):
    data = create(
        name="n" * 128,
        avatar="data:image/png;base64," + "a" * (65_535 - 22),
        description="d" * 65_535,
        permission="team",
        parser_config={"auto_keywords": 32, "filename_embd_weight": 1, "pages": [[1, 100]], "delimiter": " "},
    ).json()["data"]

    assert len(data["avatar"]) == len(data["description"]) == 65_535
    assert data["permission"] == "team"
    assert data["parser_config"]["delimiter"] == " "


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["x", "x", "x"], ["x", "x(1)", "x(2)"]),
        (["X", "x"], ["X", "x(1)"]),
        (["x(1)", "x(1)"], ["x(1)", "x(2)"]),
        (["a.txt", "a.txt"], ["a.txt", "a(1).txt"]),
        (["v1.2.3", "V1.2.3", "v1.2.3"], ["v1.2.3", "V1.2(1).3", "v1.2(2).3"]),
        ([".hidden", ".hidden"], [".hidden", ".hidden(1)"]),
        (["x", "x(1)", "x"], ["x", "x(1)", "x(2)"]),
        (["X(7)", "x(7)"], ["X(7)", "x(8)"]),
        (["(1)", "(1)"], ["(1)", "(2)"]),
        (["x(1)y", "x(1)y"], ["x(1)y", "x(1)y(1)"]),
        (["a_b", "axb"], ["a_b", "axb"]),
        (["n" * 128, "n" * 128], ["n" * 128, "n" * 125 + "(1)"]),
    ],
    ids=[
        *("again", "case", "numbered", "suffix", "dots", "hidden", "gap", "numbered-case", "number-alone", "inside"),
        *("wildcard", "longest"),
    ],
)
def test_a_name_that_is_taken_gets_a_number(create, names, given):
    assert [create(name=name).json()["data"]["name"] for name in names] == given


def test_a_name_with_too_many_bytes_is_refused(create):
    response = create(name="ä" * 65)

    assert response.json() == {"code": 102, "message": "Dataset name length is 65 which is larger than 128"}


def test_a_name_is_free_in_every_tenant(create, api_as, stranger):
    create(name="x")

    assert api_as(stranger).post(DATASETS, {"name": "x"}, format="json").json()["data"]["name"] == "x"


def test_of_a_name_a_thousand_are_tried(create, kb, owner):
    names = ["x", *(f"x({number})" for number in range(1, 1000))]
    Knowledgebase.objects.bulk_create(
        [Knowledgebase(tenant=owner.tenant, created_by=owner, name=name, embd_id=kb.embd_id) for name in names]
    )

    response = create(name="x")

    assert (response.status_code, response.json()["code"]) == (409, 102)
    assert create(name="x(500)").json()["code"] == 0


def test_a_deleted_dataset_frees_its_name(create, api):
    first = create(name="x").json()["data"]
    api.delete(DATASETS, {"ids": [first["id"]]}, format="json")

    assert create(name="x").json()["data"]["name"] == "x"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("unknown@ZHIPU-AI", "Unsupported model: <unknown@ZHIPU-AI>"),
        ("embedding-3@unknown", "Unsupported model: <embedding-3@unknown>"),
        ("text-embedding-v3@Tongyi-Qianwen", "Unauthorized model: <text-embedding-v3@Tongyi-Qianwen>"),
        ("text-embedding-3-small@OpenAI", "Unauthorized model: <text-embedding-3-small@OpenAI>"),
    ],
)
def test_a_model_that_the_tenant_cannot_use_is_refused(create, change, model, message):
    for response in (create(embedding_model=model), change(embedding_model=model)):
        assert response.json() == {"code": 101, "message": message}


def test_a_model_that_is_set_up_for_the_tenant_is_accepted(create, owner):
    ModelEndpoint.objects.create(tenant=owner.tenant, provider="ZHIPU-AI", name="embedding-3", base_url="https://x.org")

    assert create(embedding_model=" embedding-3@ZHIPU-AI ").json()["data"]["embedding_model"] == "embedding-3@ZHIPU-AI"
