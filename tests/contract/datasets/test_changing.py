"""PUT /datasets/{id}, row by row of the contract (B.1)."""

import pytest

from knowledgebases import parser_config
from tests.contract.answers import DATASET, DATASETS, failure, violation
from tests.contract.datasets.violations import OTHER_VERSION
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def test_only_what_is_sent_changes(change, kb):
    data = change(description="new", pagerank=7).json()["data"]

    assert set(data) == DATASET
    assert (data["description"], data["pagerank"], data["name"]) == ("new", 7, "handbook")
    assert data["parser_config"] == kb.parser_config


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("name", " manual ", "manual"),
        ("avatar", "data:image/jpeg;base64,x", "data:image/jpeg;base64,x"),
        ("avatar", None, None),
        ("description", "", ""),
        ("description", None, None),
        ("permission", "team", "team"),
        ("chunk_method", "book", "book"),
        ("pagerank", 0, 0),
        ("pagerank", 100, 100),
    ],
)
def test_each_field_can_be_changed_alone(change, kb, field, value, shown):
    before = change(pagerank=50, avatar="data:image/png;base64,y", description="before").json()["data"]

    data = change(**{field: value}).json()["data"]

    moved = {field, "update_time", "update_date", *(["parser_config"] if field == "chunk_method" else [])}
    assert data[field] == shown
    assert {key for key in data if data[key] != before[key]} <= moved


def test_checks_go_by_the_order_of_the_contract(api, change, kb, owner):
    KnowledgebaseFactory(owner=owner, name="taken")
    DocumentFactory(kb=kb, chunk_num=1)
    unknown = f"{DATASETS}/aaaaaaaabbbb11cc9ddd000000000000"
    wrong = {"name": "taken", "embedding_model": "a@b"}

    rules = api.put(unknown, {**wrong, "pagerank": 101}, format="json").json()
    empty = api.put(unknown, {}, format="json").json()
    owned = api.put(unknown, wrong, format="json").json()
    name = change(**wrong).json()
    model = change(embedding_model="a@b").json()

    assert rules["message"] == violation("pagerank", "Input should be less than or equal to 100", 101)
    assert empty == failure(101, "No properties were modified")
    assert owned["code"] == 108
    assert name == failure(102, "Dataset name 'taken' already exists")
    assert model == failure(102, f"When chunk_num (1) > 0, embedding_model must remain {kb.embd_id}")


def test_a_refused_change_changes_nothing(api, change, kb, owner):
    KnowledgebaseFactory(owner=owner, name="taken")
    before = api.get(f"{DATASETS}?id={kb.pk}").json()

    change(name="taken", description="new", chunk_method="qa", pagerank=9)

    assert api.get(f"{DATASETS}?id={kb.pk}").json() == before


def test_a_new_name_with_too_many_bytes_is_refused(change):
    assert change(name="ä" * 65).json() == failure(102, "Dataset name length is 65 which is larger than 128")


def test_a_name_is_taken_whatever_its_case_and_only_in_the_own_tenant(change, owner, stranger):
    KnowledgebaseFactory(owner=owner, name="Taken.a_b")
    KnowledgebaseFactory(owner=stranger, name="theirs")

    assert change(name="tAKEN.A_B").json() == failure(102, "Dataset name 'tAKEN.A_B' already exists")
    assert change(name="takenxa_b").json()["code"] == 0
    assert change(name="theirs").json()["data"]["name"] == "theirs"


def test_nothing_to_change_is_told(change):
    assert change().json() == {"code": 101, "message": "No properties were modified"}


@pytest.mark.parametrize("key", ["x", OTHER_VERSION], ids=["no uuid", "other version"])
def test_the_id_in_the_path_keeps_the_field_rules(api, key):
    response = api.put(f"{DATASETS}/{key}", {"name": "y"}, format="json")

    assert response.json() == {"code": 101, "message": violation("dataset_id", "Invalid UUID1 format", key)}


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
