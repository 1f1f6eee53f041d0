"""The dataset routes, row by row of the contract (A.8, B.1)."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase
from system.models import ModelEndpoint, Role
from tests.factories import DocumentFactory, KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/datasets"
FIELDS = {
    "id",
    "avatar",
    "tenant_id",
    "name",
    "language",
    "description",
    "embedding_model",
    "permission",
    "created_by",
    "document_count",
    "token_num",
    "chunk_count",
    "similarity_threshold",
    "vector_similarity_weight",
    "chunk_method",
    "pipeline_id",
    "parser_config",
    "pagerank",
    "graphrag_task_id",
    "graphrag_task_finish_at",
    "raptor_task_id",
    "raptor_task_finish_at",
    "mindmap_task_id",
    "mindmap_task_finish_at",
    "status",
    "create_time",
    "create_date",
    "update_time",
    "update_date",
}
METHODS = (
    "Input should be 'naive', 'book', 'email', 'laws', 'manual', 'one', 'paper', 'picture', 'presentation', 'qa', "
    "'table' or 'tag'"
)
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
OTHER_VERSION = uuid.uuid4().hex


def line(path, text, value):
    return f"Field: <{path}> - Message: <{text}> - Value: <{value}>"


@pytest.fixture
def create(api):
    def create(**body):
        return api.post(URL, {"name": "dataset", **body}, format="json")

    return create


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="handbook")


@pytest.fixture
def change(api, kb):
    def change(**body):
        return api.put(f"{URL}/{kb.pk}", body, format="json")

    return change


# --- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize(
    ("content_type", "raw", "status", "message"),
    [
        ("text/xml", "<a/>", 415, "Unsupported content type: Expected application/json, got text/xml"),
        (None, "{}", 415, "Unsupported content type: Expected application/json, got None"),
        (
            "application/json",
            "a",
            400,
            "Malformed JSON syntax: Missing commas/brackets or invalid encoding",
        ),
        ("application/json", "", 400, "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        ("application/json", "{'a': 1}", 400, "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        (
            "application/json",
            '{"name": NaN}',
            400,
            "Malformed JSON syntax: Missing commas/brackets or invalid encoding",
        ),
        ("application/json", '"a"', 400, "Invalid request payload: expected object, got str"),
        ("application/json", "[1]", 400, "Invalid request payload: expected object, got list"),
        ("application/json", "7", 400, "Invalid request payload: expected object, got int"),
        ("application/problem+json; charset=utf-8", "[1]", 400, "Invalid request payload: expected object, got list"),
    ],
    ids=["xml", "no type", "no json", "empty", "python", "nan", "string", "list", "number", "+json"],
)
def test_a_body_that_is_no_json_object_is_refused(api, method, content_type, raw, status, message):
    environ = {"CONTENT_TYPE": content_type or ""}

    response = api.generic(method.upper(), URL, raw, content_type=content_type or "", **environ)

    assert response.json() == {"code": 101, "message": message}
    assert response.status_code == status


@pytest.mark.parametrize("raw", ["null", "[]", '""', "0", "false", "{}"])
def test_falsy_json_counts_as_an_empty_object(api, raw):
    response = api.generic("POST", URL, raw, content_type="application/json")

    assert response.json() == {"code": 101, "message": line("name", "Field required", "{}")}


@pytest.mark.parametrize(
    "raw",
    [
        '{"name": "a\\u0000b"}',
        '{"name": "\\ud800"}',
        '{"name": "x", "similarity": 1e999}',
        '{"name": ' + "[" * 70 + "]" * 70 + "}",
        '{"name": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"name": ' + "9" * 5000 + "}",
    ],
    ids=["nul", "surrogate", "infinite", "deep", "very deep", "digits"],
)
def test_hostile_json_writes_nothing(api, raw):
    response = api.generic("POST", URL, raw, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["code"] == 101
    assert not Knowledgebase.objects.exists()


def test_a_body_beyond_the_limit_is_refused(create, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = create(description="x" * 2000)

    assert response.status_code == 413
    assert set(response.json()) == {"code", "message"}


# --- create -----------------------------------------------------------------------------------------------------------


def test_a_new_dataset_has_every_field(create, owner):
    response = create(name=" handbook ")

    body = response.json()
    data = body["data"]
    assert (response.status_code, set(body), body["code"]) == (200, {"code", "data"}, 0)
    assert set(data) == FIELDS
    assert data["name"] == "handbook"
    assert uuid.UUID(data["id"]).version == 1
    assert data["tenant_id"] == data["created_by"] == owner.pk
    assert data["embedding_model"] == owner.tenant.embd_id
    assert (data["permission"], data["chunk_method"], data["language"]) == ("me", "naive", "English")
    assert data["avatar"] is data["description"] is data["graphrag_task_id"] is None
    assert (data["similarity_threshold"], data["vector_similarity_weight"], data["pagerank"]) == (0.2, 0.3, 0)
    assert data["status"] == "1"
    assert isinstance(data["create_time"], int)
    assert data["create_date"].endswith(" GMT")


VIOLATIONS = [
    ({"name": 1}, "name", "Input should be a valid string", "1"),
    ({"name": None}, "name", "Input should be a valid string", "None"),
    ({"name": ""}, "name", "String should have at least 1 character", ""),
    ({"name": "  "}, "name", "String should have at least 1 character", "  "),
    ({"name": "a" * 129}, "name", "String should have at most 128 characters", "a" * 125 + "..."),
    ({"unknown": "x"}, "unknown", "Extra inputs are not permitted", "x"),
    ({"avatar": 1}, "avatar", "Input should be a valid string", "1"),
    ({"avatar": "a" * 65536}, "avatar", "String should have at most 65535 characters", "a" * 125 + "..."),
    ({"avatar": "x"}, "avatar", "Missing MIME prefix. Expected format: data:<mime>;base64,<data>", "x"),
    ({"avatar": ""}, "avatar", "Missing MIME prefix. Expected format: data:<mime>;base64,<data>", ""),
    (
        {"avatar": "image/png;base64,x"},
        "avatar",
        "Invalid MIME prefix format. Must start with 'data:'",
        "image/png;base64,x",
    ),
    (
        {"avatar": "data:image/gif;base64,x"},
        "avatar",
        "Unsupported MIME type. Allowed: ['image/jpeg', 'image/png']",
        "data:image/gif;base64,x",
    ),
    ({"description": 1}, "description", "Input should be a valid string", "1"),
    ({"description": "a" * 65536}, "description", "String should have at most 65535 characters", "a" * 125 + "..."),
    (
        {"embedding_model": "x"},
        "embedding_model",
        "Embedding model identifier must follow <model_name>@<provider> format",
        "x",
    ),
    (
        {"embedding_model": " "},
        "embedding_model",
        "Embedding model identifier must follow <model_name>@<provider> format",
        " ",
    ),
    ({"embedding_model": " @x"}, "embedding_model", "Both model_name and provider must be non-empty strings", " @x"),
    ({"embedding_model": "x@ "}, "embedding_model", "Both model_name and provider must be non-empty strings", "x@ "),
    (
        {"embedding_model": "@" * 256},
        "embedding_model",
        "Both model_name and provider must be non-empty strings",
        "@" * 125 + "...",
    ),
    (
        {"embedding_model": "a@" + "b" * 254},
        "embedding_model",
        "String should have at most 255 characters",
        "a@" + "b" * 123 + "...",
    ),
    ({"permission": "ME"}, "permission", "Input should be 'me' or 'team'", "ME"),
    ({"permission": ""}, "permission", "Input should be 'me' or 'team'", ""),
    ({"permission": None}, "permission", "Input should be 'me' or 'team'", "None"),
    ({"permission": 1}, "permission", "Input should be 'me' or 'team'", "1"),
    ({"permission": ["me"]}, "permission", "Input should be 'me' or 'team'", "['me']"),
    ({"chunk_method": "Naive"}, "chunk_method", METHODS, "Naive"),
    ({"chunk_method": None}, "chunk_method", METHODS, "None"),
    ({"chunk_method": 3}, "chunk_method", METHODS, "3"),
    (
        {"parser_config": "x"},
        "parser_config",
        "Input should be a valid dictionary or instance of ParserConfig",
        "x",
    ),
]
CONFIG_VIOLATIONS = [
    ({"auto_keywords": -1}, "auto_keywords", "Input should be greater than or equal to 0", "-1"),
    ({"auto_keywords": 33}, "auto_keywords", "Input should be less than or equal to 32", "33"),
    ({"auto_keywords": True}, "auto_keywords", "Input should be a valid integer", "True"),
    ({"auto_keywords": 1.0}, "auto_keywords", "Input should be a valid integer", "1.0"),
    ({"auto_keywords": "1"}, "auto_keywords", "Input should be a valid integer", "1"),
    ({"auto_keywords": None}, "auto_keywords", "Input should be a valid integer", "None"),
    ({"auto_questions": 11}, "auto_questions", "Input should be less than or equal to 10", "11"),
    ({"chunk_token_num": 0}, "chunk_token_num", "Input should be greater than or equal to 1", "0"),
    ({"chunk_token_num": 2049}, "chunk_token_num", "Input should be less than or equal to 2048", "2049"),
    ({"delimiter": ""}, "delimiter", "String should have at least 1 character", ""),
    ({"delimiter": 1}, "delimiter", "Input should be a valid string", "1"),
    ({"html4excel": 1}, "html4excel", "Input should be a valid boolean", "1"),
    ({"html4excel": "true"}, "html4excel", "Input should be a valid boolean", "true"),
    ({"layout_recognize": None}, "layout_recognize", "Input should be a valid string", "None"),
    ({"tag_kb_ids": "x"}, "tag_kb_ids", "Input should be a valid list", "x"),
    ({"tag_kb_ids": {"a": 1}}, "tag_kb_ids", "Input should be a valid list", "{'a': 1}"),
    ({"tag_kb_ids": ["a", 1]}, "tag_kb_ids.1", "Input should be a valid string", "1"),
    ({"topn_tags": 0}, "topn_tags", "Input should be greater than or equal to 1", "0"),
    ({"topn_tags": 11}, "topn_tags", "Input should be less than or equal to 10", "11"),
    ({"filename_embd_weight": 1.1}, "filename_embd_weight", "Input should be less than or equal to 1", "1.1"),
    ({"filename_embd_weight": -0.1}, "filename_embd_weight", "Input should be greater than or equal to 0", "-0.1"),
    ({"filename_embd_weight": "a"}, "filename_embd_weight", "Input should be a valid number", "a"),
    ({"filename_embd_weight": False}, "filename_embd_weight", "Input should be a valid number", "False"),
    ({"task_page_size": 0}, "task_page_size", "Input should be greater than or equal to 1", "0"),
    ({"pages": "x"}, "pages", "Input should be a valid list", "x"),
    ({"pages": ["x"]}, "pages.0", "Input should be a valid list", "x"),
    ({"pages": [[1, "x"]]}, "pages.0.1", "Input should be a valid integer", "x"),
    ({"unknown": 1}, "unknown", "Extra inputs are not permitted", "1"),
    ({"raptor": 1}, "raptor", "Input should be a valid dictionary or instance of RaptorConfig", "1"),
    ({"raptor": None}, "raptor", "Input should be a valid dictionary or instance of RaptorConfig", "None"),
    ({"raptor": {"use_raptor": "yes"}}, "raptor.use_raptor", "Input should be a valid boolean", "yes"),
    ({"raptor": {"prompt": " "}}, "raptor.prompt", "String should have at least 1 character", " "),
    ({"raptor": {"max_token": 2049}}, "raptor.max_token", "Input should be less than or equal to 2048", "2049"),
    ({"raptor": {"threshold": 2}}, "raptor.threshold", "Input should be less than or equal to 1", "2"),
    ({"raptor": {"max_cluster": 0}}, "raptor.max_cluster", "Input should be greater than or equal to 1", "0"),
    ({"raptor": {"random_seed": -1}}, "raptor.random_seed", "Input should be greater than or equal to 0", "-1"),
    ({"raptor": {"x": 1}}, "raptor.x", "Extra inputs are not permitted", "1"),
    ({"graphrag": []}, "graphrag", "Input should be a valid dictionary or instance of GraphragConfig", "[]"),
    ({"graphrag": {"method": "Light"}}, "graphrag.method", "Input should be 'light' or 'general'", "Light"),
    ({"graphrag": {"entity_types": [1]}}, "graphrag.entity_types.0", "Input should be a valid string", "1"),
    ({"graphrag": {"community": 0}}, "graphrag.community", "Input should be a valid boolean", "0"),
]
ALL_VIOLATIONS = VIOLATIONS + [
    ({"parser_config": config}, f"parser_config.{path}", text, value) for config, path, text, value in CONFIG_VIOLATIONS
]


@pytest.mark.parametrize(
    ("body", "path", "text", "value"), ALL_VIOLATIONS, ids=[str(row[0])[:60] for row in ALL_VIOLATIONS]
)
def test_a_new_dataset_keeps_the_field_rules(create, body, path, text, value):
    response = create(**body)

    assert response.json() == {"code": 101, "message": line(path, text, value)}
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "path", "text", "value"), ALL_VIOLATIONS, ids=[str(row[0])[:60] for row in ALL_VIOLATIONS]
)
def test_changes_keep_the_field_rules(change, body, path, text, value):
    response = change(**body)

    assert response.json() == {"code": 101, "message": line(path, text, value)}


def test_every_violation_has_its_line_in_the_order_of_the_fields(create):
    response = create(extra=[], parser_config={"raptor": {"y": 1}, "auto_keywords": "a"}, name=1)

    assert response.json()["message"].split("\n") == [
        line("name", "Input should be a valid string", "1"),
        line("parser_config.auto_keywords", "Input should be a valid integer", "a"),
        line("parser_config.raptor.y", "Extra inputs are not permitted", "1"),
        line("extra", "Extra inputs are not permitted", "[]"),
    ]


def test_a_missing_field_shows_the_whole_object(api):
    response = api.post(URL, {"description": "x"}, format="json")

    assert response.json()["message"] == line("name", "Field required", "{'description': 'x'}")


def test_a_config_that_is_too_long_is_refused(create):
    response = create(parser_config={"delimiter": "a" * 65_535})

    message = response.json()["message"]
    assert "<parser_config> - Message: <Parser config exceeds size limit (max 65,535 characters). Current" in message


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


@pytest.mark.parametrize("method", ["naive", "book", "email", "laws", "manual", "one", "paper", "qa", "table", "tag"])
def test_the_default_config_is_that_of_the_method(create, method):
    data = create(chunk_method=method).json()["data"]

    assert (data["chunk_method"], data["parser_config"]) == (method, parser_config.default(method))


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
        (["a_b", "axb"], ["a_b", "axb"]),
        (["n" * 128, "n" * 128], ["n" * 128, "n" * 125 + "(1)"]),
    ],
    ids=["again", "case", "numbered", "suffix", "wildcard", "longest"],
)
def test_a_name_that_is_taken_gets_a_number(create, names, given):
    assert [create(name=name).json()["data"]["name"] for name in names] == given


def test_a_name_with_too_many_bytes_is_refused(create):
    response = create(name="ä" * 65)

    assert response.json() == {"code": 102, "message": "Dataset name length is 65 which is larger than 128"}


def test_a_deleted_dataset_frees_its_name(create, api):
    first = create(name="x").json()["data"]
    api.delete(URL, {"ids": [first["id"]]}, format="json")

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


# --- delete -----------------------------------------------------------------------------------------------------------


def test_deleted_datasets_are_gone_at_once(api, owner):
    kbs = KnowledgebaseFactory.create_batch(3, owner=owner)

    response = api.delete(URL, {"ids": [kbs[0].pk, str(uuid.UUID(kbs[1].pk))]}, format="json")

    assert response.json() == {"code": 0}
    assert [row["id"] for row in api.get(URL).json()["data"]] == [kbs[2].pk]


def test_null_deletes_all_of_the_tenant_and_an_empty_list_none(api, kb, stranger):
    foreign = KnowledgebaseFactory(owner=stranger)

    assert api.delete(URL, {"ids": []}, format="json").json() == {"code": 0}
    assert api.get(URL).json()["total_datasets"] == 1
    assert api.delete(URL, {"ids": None}, format="json").json() == {"code": 0}
    assert api.get(URL).json() == {"code": 0, "data": [], "total_datasets": 0}
    assert list(Knowledgebase.objects.live()) == [foreign]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, line("ids", "Field required", "{}")),
        ({"ids": "x"}, line("ids", "Input should be a valid list", "x")),
        ({"ids": [1]}, line("ids.0", "Input should be a valid string", "1")),
        ({"ids": ["x"]}, line("ids", "Invalid UUID1 format", "['x']")),
        ({"ids": [OTHER_VERSION]}, line("ids", "Invalid UUID1 format", f"['{OTHER_VERSION}']")),
        ({"ids": [], "x": 1}, line("x", "Extra inputs are not permitted", "1")),
    ],
    ids=["missing", "no list", "no string", "no uuid", "other version", "unknown key"],
)
def test_ids_to_delete_keep_the_field_rules(api, body, message):
    assert api.delete(URL, body, format="json").json() == {"code": 101, "message": message}


def test_repeated_ids_are_refused(api, kb):
    response = api.delete(URL, {"ids": [kb.pk, kb.pk]}, format="json")

    assert f"Message: <Duplicate ids: '{kb.pk}'>" in response.json()["message"]
    assert Knowledgebase.objects.live().exists()


def test_10000_ids_are_deleted_at_once_at_most(api, kb):
    response = api.delete(URL, {"ids": [kb.pk] * 10_001}, format="json")

    assert "Message: <List should have at most 10000 items>" in response.json()["message"]
    assert Knowledgebase.objects.live().exists()


def test_a_list_with_a_foreign_id_deletes_nothing(api, kb, owner, stranger):
    foreign, unknown = KnowledgebaseFactory(owner=stranger, team=True).pk, uuid.uuid1().hex

    response = api.delete(URL, {"ids": [kb.pk, foreign, unknown]}, format="json")

    message = f"User '{owner.pk}' lacks permission for datasets: '{foreign}', '{unknown}'"
    assert response.json() == {"code": 108, "message": message}
    assert response.status_code == 403
    assert Knowledgebase.objects.live().count() == 2


# --- update -----------------------------------------------------------------------------------------------------------


def test_only_what_is_sent_changes(change, kb):
    data = change(description="new", pagerank=7).json()["data"]

    assert set(data) == FIELDS
    assert (data["description"], data["pagerank"], data["name"]) == ("new", 7, "handbook")
    assert data["parser_config"] == kb.parser_config


def test_nothing_to_change_is_told(change):
    assert change().json() == {"code": 101, "message": "No properties were modified"}


@pytest.mark.parametrize("key", ["x", OTHER_VERSION], ids=["no uuid", "other version"])
def test_the_id_in_the_path_keeps_the_field_rules(api, key):
    response = api.put(f"{URL}/{key}", {"name": "y"}, format="json")

    assert response.json() == {"code": 101, "message": line("dataset_id", "Invalid UUID1 format", key)}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1, "Input should be greater than or equal to 0"),
        (101, "Input should be less than or equal to 100"),
        ("1", "Input should be a valid integer"),
        (None, "Input should be a valid integer"),
    ],
)
def test_pagerank_is_between_0_and_100(change, value, text):
    assert change(pagerank=value).json() == {"code": 101, "message": line("pagerank", text, value)}


def test_foreign_and_unknown_datasets_are_the_same(api, owner, stranger, teammate):
    own = MembershipFactory(tenant=stranger.tenant, user=owner)
    foreign = KnowledgebaseFactory(owner=stranger, team=True).pk
    own.delete()
    unknown = uuid.uuid1().hex

    answers = [api.put(f"{URL}/{key}", {"name": "mine"}, format="json") for key in (foreign, unknown)]

    for key, answer in zip((foreign, unknown), answers, strict=True):
        assert answer.status_code == 403
        assert answer.json() == {
            "code": 108,
            "message": f"User '{owner.pk}' lacks permission for dataset '{key}'",
        }
    assert answers[0].content.replace(foreign.encode(), b"") == answers[1].content.replace(unknown.encode(), b"")


def test_a_team_dataset_of_another_tenant_may_be_read_but_not_changed(api_as, owner, teammate):
    shared = KnowledgebaseFactory(owner=owner, team=True)
    client = api_as(teammate)

    assert [row["id"] for row in client.get(URL).json()["data"]] == [shared.pk]
    assert client.put(f"{URL}/{shared.pk}", {"name": "mine"}, format="json").json()["code"] == 108
    assert client.delete(URL, {"ids": [shared.pk]}, format="json").json()["code"] == 108


def test_a_config_is_merged_over_the_stored_one(change, kb):
    config = change(parser_config={"chunk_token_num": 64, "raptor": {"max_token": 9}}).json()["data"]["parser_config"]

    assert config == parser_config.merge(kb.parser_config, {"chunk_token_num": 64, "raptor": {"max_token": 9}})


@pytest.mark.parametrize("given", [{}, None], ids=["empty", "null"])
def test_an_empty_config_leaves_the_stored_one_alone(change, kb, given):
    assert change(parser_config=given).json()["data"]["parser_config"] == kb.parser_config


def test_a_new_method_brings_its_default_config(change):
    assert change(chunk_method="qa").json()["data"]["parser_config"] == parser_config.default("qa")


def test_a_new_method_with_a_config_merges_over_the_old_config(change, kb):
    config = change(chunk_method="qa", parser_config={"chunk_token_num": 64}).json()["data"]["parser_config"]

    assert config == kb.parser_config | {"chunk_token_num": 64}


def test_a_name_that_is_taken_is_refused_but_its_own_is_not(change, owner):
    KnowledgebaseFactory(owner=owner, name="Taken")

    assert change(name="taken").json() == {"code": 102, "message": "Dataset name 'taken' already exists"}
    assert change(name="HANDBOOK").json()["data"]["name"] == "HANDBOOK"


def test_the_embedding_model_is_kept_while_there_are_chunks(change, kb):
    DocumentFactory(kb=kb, chunk_num=3)

    response = change(embedding_model="BAAI/bge-small-en-v1.5@Builtin")

    message = f"When chunk_num (3) > 0, embedding_model must remain {kb.embd_id}"
    assert response.json() == {"code": 102, "message": message}
    assert change(embedding_model=kb.embd_id, name="x").json()["code"] == 0


def test_the_embedding_model_of_an_empty_dataset_changes_and_null_keeps_it(change):
    changed = change(embedding_model="BAAI/bge-small-en-v1.5@Builtin").json()["data"]
    kept = change(embedding_model=None).json()["data"]

    assert changed["embedding_model"] == kept["embedding_model"] == "BAAI/bge-small-en-v1.5@Builtin"


# --- list -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "path", "text", "value"),
    [
        ("page=0", "page", "Input should be greater than or equal to 1", "0"),
        ("page=a", "page", "Input should be a valid integer, unable to parse string as an integer", "a"),
        ("page=", "page", "Input should be a valid integer, unable to parse string as an integer", ""),
        ("page_size=0", "page_size", "Input should be greater than or equal to 1", "0"),
        ("page_size=a", "page_size", "Input should be a valid integer, unable to parse string as an integer", "a"),
        ("orderby=name", "orderby", "Input should be 'create_time' or 'update_time'", "name"),
        ("orderby=", "orderby", "Input should be 'create_time' or 'update_time'", ""),
        ("desc=3", "desc", "Input should be a valid boolean, unable to interpret input", "3"),
        ("desc=", "desc", "Input should be a valid boolean, unable to interpret input", ""),
        ("id=", "id", "Invalid UUID1 format", ""),
        ("id=x", "id", "Invalid UUID1 format", "x"),
        (f"id={OTHER_VERSION}", "id", "Invalid UUID1 format", OTHER_VERSION),
        ("unknown=1", "unknown", "Extra inputs are not permitted", "1"),
        ("format=json", "format", "Extra inputs are not permitted", "json"),
    ],
)
def test_the_query_keeps_the_field_rules(api, query, path, text, value):
    response = api.get(f"{URL}?{query}")

    assert response.json() == {"code": 101, "message": line(path, text, value)}


@pytest.mark.parametrize("value", ["False", "0", "no", "n", "f", "OFF"])
def test_the_order_can_be_turned_round(api, owner, value):
    kbs = KnowledgebaseFactory.create_batch(3, owner=owner)

    assert [row["id"] for row in api.get(URL).json()["data"]] == [kb.pk for kb in reversed(kbs)]
    assert [row["id"] for row in api.get(f"{URL}?desc={value}").json()["data"]] == [kb.pk for kb in kbs]


def test_rows_can_be_ordered_by_their_last_change(api, owner):
    first, second = KnowledgebaseFactory.create_batch(2, owner=owner)
    first.save()

    assert [row["id"] for row in api.get(f"{URL}?orderby=update_time").json()["data"]] == [first.pk, second.pk]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("page=1&page_size=2", 2),
        ("page=2&page_size=2", 1),
        ("page=3&page_size=2", 0),
        ("page=999999999999999999&page_size=999999999999", 0),
        ("page_size=1000000000000000000000", 3),
    ],
)
def test_pages_are_cut_and_the_total_is_not(api, owner, query, rows):
    KnowledgebaseFactory.create_batch(3, owner=owner)

    body = api.get(f"{URL}?{query}").json()

    assert (len(body["data"]), body["total_datasets"], set(body)) == (rows, 3, {"code", "data", "total_datasets"})


def test_a_dataset_is_found_by_id_and_by_name_whatever_its_case(api, kb, owner):
    KnowledgebaseFactory(owner=owner)

    for query in (f"id={kb.pk}", f"id={uuid.UUID(kb.pk)}", "name=HandBook", f"id={kb.pk}&name=handbook"):
        assert [row["id"] for row in api.get(f"{URL}?{query}").json()["data"]] == [kb.pk]
    assert api.get(f"{URL}?name=").json()["total_datasets"] == 2


def test_id_and_name_of_different_datasets_find_nothing(api, kb, owner):
    KnowledgebaseFactory(owner=owner, name="other")

    body = api.get(f"{URL}?id={kb.pk}&name=other").json()

    assert body == {"code": 0, "data": [], "total_datasets": 0}


def test_unknown_ids_and_names_are_told(api, kb, owner, stranger):
    foreign = KnowledgebaseFactory(owner=stranger, name="secret")

    for query, shown in [
        (f"id={foreign.pk}", foreign.pk),
        ("name=secret", "secret"),
        (f"id={foreign.pk}&name=handbook", foreign.pk),
        (f"id={kb.pk}&name=secret", "secret"),
    ]:
        response = api.get(f"{URL}?{query}")
        assert response.status_code == 403
        assert response.json() == {"code": 108, "message": f"User '{owner.pk}' lacks permission for dataset '{shown}'"}


def test_the_list_holds_own_datasets_and_team_datasets_of_joined_tenants(api_as, owner, stranger):
    mine = KnowledgebaseFactory(owner=stranger)
    KnowledgebaseFactory(owner=owner)
    shared = KnowledgebaseFactory(owner=owner, team=True)
    membership = MembershipFactory(tenant=owner.tenant, user=stranger, invited=True)
    client = api_as(stranger)

    invited = [row["id"] for row in client.get(URL).json()["data"]]
    membership.role = Role.NORMAL
    membership.save()
    joined = [row["id"] for row in client.get(URL).json()["data"]]

    assert invited == [mine.pk]
    assert joined == [shared.pk, mine.pk]


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_costs_four_queries_however_long_it_is(api, owner, count):
    KnowledgebaseFactory.create_batch(count, owner=owner)
    api.get(URL)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        body = api.get(f"{URL}?page_size=100").json()

    assert len(body["data"]) == count
    assert len(queries) <= 4, json.dumps([query["sql"] for query in queries], indent=1)


def test_a_nul_in_the_address_is_refused(api):
    response = api.get(f"{URL}?name=%00")

    assert response.status_code == 400
    assert response.json()["code"] == 101


@pytest.mark.parametrize("method", ["get", "post", "delete", "patch"])
def test_other_methods_on_a_dataset_have_no_handler(api, anonymous, kb, method):
    for client in (api, anonymous):
        response = getattr(client, method)(f"{URL}/{kb.pk}")
        assert response.status_code == 405
        assert response.json() == {"code": 100, "message": "<MethodNotAllowed '405: Method Not Allowed'>", "data": None}
