"""POST /v1/kb/update and PUT /v1/kb/{id} (contract C.4)."""

import pytest

from documents import queueing
from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

ROW = {
    *("id", "avatar", "tenant_id", "name", "language", "description", "embd_id", "permission", "created_by"),
    *("doc_num", "token_num", "chunk_num", "similarity_threshold", "vector_similarity_weight", "parser_id"),
    *("pipeline_id", "parser_config", "pagerank", "graphrag_task_id", "graphrag_task_finish_at", "raptor_task_id"),
    *("raptor_task_finish_at", "mindmap_task_id", "mindmap_task_finish_at", "status", "create_time", "create_date"),
    *("update_time", "update_date", "connectors"),
}
FIXED = ["id", "tenant_id", "created_by", "create_time", "update_time", "create_date", "update_date"]


@pytest.fixture
def required(kb):
    return {"kb_id": kb.pk, "name": "renamed", "description": "what", "parser_id": "qa"}


@pytest.fixture(params=["rpc", "rest"])
def change(request, post, put, kb):
    """Change something of the dataset, by either route."""

    def change(**body):
        if request.param == "rest":
            return put(kb.pk, **body)
        return post("update", **{"kb_id": kb.pk, "name": kb.name, "description": None, "parser_id": "naive", **body})

    return change


def test_what_is_sent_changes_and_the_full_row_is_answered(post, kb, required):
    answer = post("update", **required)

    kb.refresh_from_db()
    assert (answer["code"], answer["message"], set(answer["data"])) == (0, "success", ROW)
    assert {key: answer["data"][key] for key in required if key != "kb_id"} == {
        "name": "renamed",
        "description": "what",
        "parser_id": "qa",
    }
    assert (kb.name, kb.description, kb.parser_id) == ("renamed", "what", "qa")
    assert (answer["data"]["id"], answer["data"]["connectors"], answer["data"]["status"]) == (kb.pk, [], "1")
    assert answer["data"]["parser_config"] == parser_config.default("naive")


def test_the_rest_route_takes_any_subset(put, kb):
    answer = put(kb.pk, permission="team")

    assert (answer["code"], set(answer["data"])) == (0, ROW)
    assert (answer["data"]["permission"], answer["data"]["name"]) == ("team", "handbook")
    assert put(kb.pk)["data"]["name"] == "handbook"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("avatar", "data:image/png;base64,iVBO"),
        ("avatar", None),
        ("description", ""),
        ("permission", "team"),
        ("language", "Chinese"),
        ("pagerank", 0),
        ("pagerank", 100),
        ("similarity_threshold", 0),
        ("similarity_threshold", 0.7),
        ("vector_similarity_weight", 1),
        ("parser_config", {"chunk_token_num": 64}),
        ("parser_config", {}),
        ("embd_id", "anything at all"),
        ("parser_id", "table"),
        ("connectors", []),
    ],
)
def test_every_column_can_be_changed(change, get, kb, field, value):
    answer = change(**{field: value})

    assert (answer["code"], answer["data"][field]) == (0, value)
    assert get("detail", kb_id=kb.pk)["data"].get(field, value) == value


def test_a_config_replaces_the_stored_one(change, kb):
    change(parser_config={"a": {"b": 1}})

    kb.refresh_from_db()
    assert kb.parser_config == {"a": {"b": 1}}


def test_keys_that_are_counted_or_not_known_are_ignored(change, kb):
    data = change(doc_num=7, chunk_num=7, token_num=7, status="0", anything={"a": 1})["data"]

    assert (data["doc_num"], data["chunk_num"], data["token_num"], data["status"]) == (0, 0, 0, "1")
    assert "anything" not in data
    assert Knowledgebase.objects.live().filter(pk=kb.pk).exists()


@pytest.mark.parametrize(
    ("left_out", "shown"),
    [
        (["name"], "name"),
        (["kb_id", "parser_id"], "kb_id,parser_id"),
        (["kb_id", "name", "description", "parser_id"], "kb_id,name,description,parser_id"),
    ],
    ids=["one", "two", "all"],
)
def test_missing_keys_are_named_together(post, required, left_out, shown):
    body = {key: value for key, value in required.items() if key not in left_out}

    message = f"required argument are missing: {shown}; "
    assert post("update", **body) == {"code": 101, "message": message, "data": None}


@pytest.mark.parametrize("key", FIXED)
def test_columns_that_nobody_sets_are_refused(change, key):
    assert change(**{key: None}) == {"code": 101, "message": f"Parameter {key} isn't allowed", "data": None}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (5, "Dataset name must be string."),
        (None, "Dataset name must be string."),
        ("  ", "Dataset name can't be empty."),
        ("a" * 129, "Dataset name length is 129 which is large than 128"),
        ("ä" * 65, "Dataset name length is 65 which is large than 128"),
    ],
    ids=["number", "null", "blank", "long", "bytes"],
)
def test_names_keep_the_rules_of_creation(change, name, message):
    assert change(name=name) == {"code": 102, "message": message, "data": None}


def test_a_name_that_is_taken_is_refused_but_its_own_is_not(change, owner):
    KnowledgebaseFactory(owner=owner, name="Taken")

    assert change(name="taken") == {"code": 102, "message": "Duplicated knowledgebase name.", "data": None}
    assert change(name="HANDBOOK")["data"]["name"] == "HANDBOOK"


def test_the_status_of_a_taken_name_is_a_conflict(web, kb, owner):
    KnowledgebaseFactory(owner=owner, name="taken")

    assert web.put(f"/v1/kb/{kb.pk}", {"name": "taken"}, format="json").status_code == 409


def test_names_are_judged_before_the_dataset_is_looked_for(post, required):
    unknown = {**required, "kb_id": "0" * 32}

    assert post("update", **unknown | {"name": ""})["code"] == 102
    assert post("update", **unknown | {"id": 1})["code"] == 101
    assert post("update", **unknown)["code"] == 109


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        *[("pagerank", value, "a whole number from 0 to 100") for value in (-1, 101, 1.5, "1", True, None)],
        *[
            ("similarity_threshold", value, "a number from 0 to 1")
            for value in (-0.1, 1.1, "0.5", False, None, 10**400)
        ],
        *[("vector_similarity_weight", value, "a number from 0 to 1") for value in (-1, 2, [], {})],
        *[("permission", value, "one of me, team") for value in ("", "ME", None, 1)],
        *[("language", value, "a text of 1 to 32 characters") for value in ("", None, "x" * 33)],
        *[("embd_id", value, "a text of 1 to 255 characters") for value in ("", None, "x" * 256, 1)],
        *[("parser_config", value, "an object") for value in (None, [], "{}", 1)],
        ("avatar", 1, "null or a text of at most 65,535 characters"),
    ],
)
def test_bad_values_are_told_with_the_cure(change, kb, field, value, wanted):
    message = f"`{field}` should be {wanted}, not {str(value)[:64]!r}."

    assert change(name="other", **{field: value}) == {"code": 101, "message": message, "data": None}
    assert Knowledgebase.objects.get(pk=kb.pk).name == "handbook"


def test_an_unknown_method_is_refused(change):
    answer = change(parser_id="magic")

    assert answer["code"] == 101
    assert answer["message"].startswith("`parser_id` should be one of naive, qa, ")


def test_a_config_is_not_endless(change):
    message = "Parser config exceeds size limit (max 65,535 characters). Current size: 65,545"

    assert change(parser_config={"a": "x" * 65_536}) == {"code": 101, "message": message, "data": None}


def test_connectors_are_refused_since_there_are_none(change):
    message = "`connectors` should be empty: this site has no connectors; upload files instead."

    assert change(connectors=[{"id": "x"}]) == {"code": 101, "message": message, "data": None}


def test_the_embedding_model_is_kept_while_there_are_chunks(change, kb):
    DocumentFactory(kb=kb, chunk_num=3)

    refused = change(embd_id="other@Builtin", description="new")

    message = f"When chunk_num (3) > 0, embedding_model must remain {kb.embd_id}"
    assert refused == {"code": 102, "message": message, "data": None}
    assert Knowledgebase.objects.get(pk=kb.pk).description is None
    assert change(embd_id=kb.embd_id)["code"] == 0


def test_the_embedding_model_is_kept_while_documents_are_parsed(change, kb):
    queueing.start([DocumentFactory(kb=kb).pk])

    assert "are being parsed with" in change(embd_id="other@Builtin")["message"]


def test_a_language_that_words_are_indexed_in_is_kept_while_there_are_chunks(change, kb):
    DocumentFactory(kb=kb, chunk_num=3)

    message = "When chunk_num (3) > 0, language must remain English"
    assert change(language="German") == {"code": 102, "message": message, "data": None}
    assert change(language="Chinese")["data"]["language"] == "Chinese"  # stemmed alike


def test_the_column_map_of_a_table_stays_and_goes_with_the_method(change, kb, owner):
    columns = {"a_tks": "a"}
    Knowledgebase.objects.filter(pk=kb.pk).update(parser_id="table", parser_config={"field_map": columns})

    kept = change(parser_id="table", parser_config={"x": 1})["data"]["parser_config"]
    gone = change(parser_id="naive")["data"]["parser_config"]

    assert kept == {"field_map": columns, "x": 1}
    assert gone == {"x": 1}
