"""Every method of the SDK that concerns datasets, and the errors that it raises (contract B.1)."""

import pytest
from ragflow_sdk import DataSet, RAGFlow

from knowledgebases import parser_config
from tests.contract.answers import violation

pytestmark = pytest.mark.django_db(transaction=True)

UNKNOWN = "aaaaaaaabbbb11cc9ddd000000000000"


def test_a_dataset_is_created_with_all_that_the_sdk_can_give(rag, owner):
    config = DataSet.ParserConfig(rag, {"chunk_token_num": 64, "raptor": {"use_raptor": True}})

    made = rag.create_dataset(
        name="Handbook",
        avatar="data:image/png;base64,x",
        description="All of it",
        embedding_model="BAAI/bge-small-en-v1.5@Builtin",
        permission="team",
        chunk_method="book",
        parser_config=config,
    )

    assert (made.name, made.avatar, made.description) == ("Handbook", "data:image/png;base64,x", "All of it")
    assert (made.embedding_model, made.permission) == ("BAAI/bge-small-en-v1.5@Builtin", "team")
    assert (made.chunk_method, made.tenant_id, made.pagerank) == ("book", owner.pk, 0)
    assert (made.document_count, made.chunk_count) == (0, 0)
    assert (made.parser_config.chunk_token_num, made.parser_config.raptor.use_raptor) == (64, True)


def test_a_dataset_that_is_given_nothing_has_the_defaults(rag, owner):
    made = rag.create_dataset(name="Handbook")

    assert (made.avatar, made.description, made.permission, made.chunk_method) == (None, None, "me", "naive")
    assert made.embedding_model == owner.tenant.embd_id
    assert made.parser_config.to_json() == parser_config.default("naive")


def test_an_update_is_shown_by_the_object(rag, dataset):
    dataset.update({"name": "Manual", "pagerank": 7, "parser_config": {"raptor": {"use_raptor": False}}})

    shown = rag.list_datasets(id=dataset.id)[0]
    assert (dataset.name, dataset.pagerank, dataset.parser_config.raptor.use_raptor) == ("Manual", 7, False)
    assert shown.to_json().items() <= dataset.to_json().items()


def test_datasets_are_listed_and_found(rag):
    made = [rag.create_dataset(name=name) for name in "abc"]

    assert [one.name for one in rag.list_datasets()] == ["c", "b", "a"]
    assert [one.name for one in rag.list_datasets(desc=False, page=2, page_size=2)] == ["c"]
    assert [one.name for one in rag.list_datasets(orderby="update_time", name="B")] == ["b"]
    assert rag.get_dataset("a").id == made[0].id


def test_datasets_are_deleted_by_id_or_all(rag):
    made = [rag.create_dataset(name=name) for name in "abc"]

    rag.delete_datasets(ids=[made[0].id])
    some = [one.name for one in rag.list_datasets()]
    rag.delete_datasets(ids=[])
    none = [one.name for one in rag.list_datasets()]
    rag.delete_datasets()

    assert (some, none, rag.list_datasets()) == (["c", "b"], ["c", "b"], [])


def test_what_is_refused_is_raised_with_our_message(rag, dataset, owner):
    lacking = f"User '{owner.pk}' lacks permission for dataset"
    refused = {
        violation("name", "String should have at least 1 character", ""): lambda: rag.create_dataset(name=""),
        "No properties were modified": lambda: dataset.update({}),
        f"{lacking} '{UNKNOWN}'": lambda: rag.list_datasets(id=UNKNOWN),
        f"{lacking} 'none'": lambda: rag.get_dataset("none"),
        f"{lacking}s: '{UNKNOWN}'": lambda: rag.delete_datasets(ids=[UNKNOWN]),
        violation("page", "Input should be greater than or equal to 1", "0"): lambda: rag.list_datasets(page=0),
    }

    for message, call in refused.items():
        with pytest.raises(Exception) as raised:
            call()
        assert str(raised.value) == message


def test_a_wrong_key_is_raised(live_server):
    stranger = RAGFlow(api_key="nobody", base_url=live_server.url)

    with pytest.raises(Exception, match="Authentication error: API key is invalid!"):
        stranger.create_dataset(name="x")
