"""PUT /datasets/{id}/documents/{id}, row by row of the contract (B.2)."""

import pytest

from documents import queueing
from documents.models import Document, File, Task
from knowledgebases import parser_config
from knowledgebases.models import Chunk
from tests.contract.answers import DOCUMENT, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(api, url, document):
    def change(**body):
        return api.put(f"{url}/{document.pk}", body, format="json")

    return change


def test_an_update_answers_the_whole_row(document, change):
    answer = change(meta_fields={"author": "me"})

    assert answer.status_code == 200
    assert set(answer.json()["data"]) == DOCUMENT
    assert answer.json()["data"]["meta_fields"] == {"author": "me"}
    document.refresh_from_db()
    assert document.meta_fields == {"author": "me"}


def test_an_update_of_nothing_changes_nothing(document, change):
    answer = change(unknown=1)

    assert answer.json()["data"]["name"] == document.name


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"chunk_count": 1}, 400, failure(102, "Can't change `chunk_count`.")),
        ({"token_count": 9}, 400, failure(102, "Can't change `token_count`.")),
        ({"progress": 1.0}, 400, failure(102, "Can't change `progress`.")),
        ({"meta_fields": []}, 400, failure(102, "meta_fields must be a dictionary")),
        ({"meta_fields": None}, 400, failure(102, "meta_fields must be a dictionary")),
        (
            {"name": 0},
            400,
            {"code": 100, "message": """AttributeError("'int' object has no attribute 'encode'")""", "data": None},
        ),
        (
            {"name": None},
            400,
            {"code": 100, "message": """AttributeError("'NoneType' object has no attribute 'encode'")""", "data": None},
        ),
        ({"name": "a" * 252 + ".txt"}, 400, failure(101, "File name must be 255 bytes or less.")),
        ({"name": "report.pdf"}, 400, failure(101, "The extension of file can't be changed")),
        ({"name": "report"}, 400, failure(101, "The extension of file can't be changed")),
        ({"name": ""}, 400, failure(101, "The extension of file can't be changed")),
        ({"name": "taken.txt"}, 409, failure(102, "Duplicated document name in the same dataset.")),
        ({"chunk_method": "nope"}, 400, failure(102, "`chunk_method` nope doesn't exist")),
        ({"chunk_method": None}, 400, failure(102, "`chunk_method` None doesn't exist")),
        ({"chunk_method": "audio"}, 400, failure(102, "`chunk_method` audio doesn't exist")),
        ({"parser_config": "x"}, 400, failure(102, "parser_config must be a dictionary")),
        ({"enabled": "maybe"}, 400, failure(101, "`enabled` must be 0 or 1.")),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_changed(kb, document, change, body, status, expected):
    DocumentFactory(kb=kb, name="taken.txt")
    before = Document.objects.filter(pk=document.pk).values().get()

    answer = change(**{"meta_fields": {"also": "sent"}, **body})

    assert (answer.status_code, answer.json()) == (status, expected)
    assert Document.objects.filter(pk=document.pk).values().get() == before


def test_checks_go_by_the_order_of_the_contract(change, kb):
    DocumentFactory(kb=kb, name="taken.txt")
    wrong = {
        "chunk_count": (1, "Can't change `chunk_count`."),
        "token_count": (1, "Can't change `token_count`."),
        "progress": (1, "Can't change `progress`."),
        "meta_fields": ("x", "meta_fields must be a dictionary"),
        "name": ("taken.txt", "Duplicated document name in the same dataset."),
        "chunk_method": ("nope", "`chunk_method` nope doesn't exist"),
    }

    told = []
    while wrong:
        told.append(change(**{key: value for key, (value, _) in wrong.items()}).json()["message"])
        assert told[-1] == next(iter(wrong.values()))[1]
        del wrong[next(iter(wrong))]

    assert len(told) == 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a" * 253, failure(101, "File name must be 255 bytes or less.")),
        ("ä" * 127 + ".txt", failure(101, "File name must be 255 bytes or less.")),
        ("taken.txt", failure(102, "Duplicated document name in the same dataset.")),
        ("TAKEN.txt", failure(102, "Duplicated document name in the same dataset.")),
    ],
    ids=["bytes", "bytes-of-utf-8", "taken", "taken-in-another-case"],
)
def test_a_name_that_cannot_be_is_told(change, kb, name, expected):
    DocumentFactory(kb=kb, name="taken.txt")
    padded = f"{name}.txt" if name == "a" * 253 else name

    assert change(name=padded).json() == expected


@pytest.mark.parametrize("name", ["a" * 251 + ".txt", "ä" * 125 + "a.txt", "!@#$%^&()_+-=[]{};',.txt", "文件.TXT"])
def test_a_name_keeps_its_characters(change, name):
    assert change(name=name).json()["data"]["name"] == name


def test_a_name_is_free_in_every_other_dataset(change, owner):
    DocumentFactory(kb=KnowledgebaseFactory(owner=owner), name="taken.txt")

    assert change(name="taken.txt").json()["data"]["name"] == "taken.txt"


def test_counts_may_be_sent_back_as_they_are(change):
    assert change(chunk_count=0, token_count=0, progress=0).json()["code"] == 0


def test_a_new_name_is_that_of_the_file_too(upload, api, url):
    document = upload("old.txt")

    answer = api.put(f"{url}/{document.pk}", {"name": "new.TXT"}, format="json")

    assert answer.json()["data"]["name"] == "new.TXT"
    assert File.objects.get(pk=document.file_id).name == "new.TXT"


def test_a_document_may_keep_its_name_or_change_its_case(document, change):
    assert change(name="report.txt").json()["code"] == 0
    assert change(name="REPORT.txt").json()["data"]["name"] == "REPORT.txt"


def test_a_document_is_found_by_its_new_name(upload, publish, api, url):
    document = publish(upload("old.txt"), "Otters hold hands.")

    api.put(f"{url}/{document.pk}", {"name": "zebrafish.txt"}, format="json")

    chunks = f"{url}/{document.pk}/chunks"
    assert api.get(chunks, {"keywords": "zebrafish"}).json()["data"]["total"] == 1
    assert api.get(chunks, {"keywords": "old"}).json()["data"]["total"] == 0


def test_a_config_is_merged_and_raptor_stays_only_where_it_is_given(document, change):
    config = change(parser_config={"chunk_token_num": 64, "graphrag": {"use_graphrag": False}}).json()["data"][
        "parser_config"
    ]

    assert (config["chunk_token_num"], config["delimiter"]) == (64, "\n")
    assert (config["graphrag"]["use_graphrag"], config["graphrag"]["method"]) == (False, "light")
    assert "raptor" not in config


def test_a_config_takes_values_of_other_kinds(document, change):
    change(parser_config={"raptor": 1})

    config = change(parser_config={"raptor": {"use_raptor": True}}).json()["data"]["parser_config"]

    assert config["raptor"] == {"use_raptor": True}


def test_a_method_with_an_empty_config_brings_its_default(document, change):
    change(parser_config={"chunk_token_num": 64})

    config = change(chunk_method="naive", parser_config={}).json()["data"]["parser_config"]

    assert config == parser_config.default("naive")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"raptor": {"use_raptor": True}}, True),
        ({"raptor": {}}, False),
        ({"raptor": None}, False),
        ({"chunk_token_num": 9}, False),
        ({}, True),
        (None, True),
    ],
)
def test_the_stored_raptor_goes_where_a_merge_brings_none(document, change, given, kept):
    config = change(parser_config=given).json()["data"]["parser_config"]

    assert ("raptor" in config) == kept


def test_a_method_with_a_config_merges_that_alone(document, change):
    config = change(chunk_method="qa", parser_config={"x": {"y": [1]}}).json()["data"]["parser_config"]

    expected = {**parser_config.default("naive"), "x": {"y": [1]}}
    del expected["raptor"]
    assert config == expected


def test_a_method_without_a_default_leaves_the_config(document, change):
    assert change(chunk_method="table").json()["data"]["parser_config"] == parser_config.default("naive")


def test_metadata_replace_the_stored_ones(change):
    change(meta_fields={"a": 1, "b": {"c": [None]}})

    assert change(meta_fields={"d": "x"}).json()["data"]["meta_fields"] == {"d": "x"}
    assert change(meta_fields={}).json()["data"]["meta_fields"] == {}


@pytest.mark.parametrize("method", ["naive", "picture", "presentation", "email"])
def test_every_other_method_of_the_contract_is_known(change, method):
    assert change(chunk_method=method).json()["data"]["chunk_method"] == method


@pytest.mark.parametrize("method", ["manual", "qa", "table", "paper", "book", "laws", "one", "knowledge_graph", "tag"])
def test_another_method_takes_the_chunks_away(upload, publish, api, url, kb, method):
    document = publish(upload(), "Otters hold hands.", "They sleep.")

    row = api.put(f"{url}/{document.pk}", {"chunk_method": method}, format="json").json()["data"]

    assert (row["chunk_method"], row["run"], row["progress"], row["progress_msg"]) == (method, "UNSTART", 0, "")
    assert (row["chunk_count"], row["token_count"]) == (0, 0)
    assert (kb.refresh().chunk_num, kb.token_num) == (0, 0)
    assert not Chunk.objects.exists()


def test_the_same_method_leaves_the_chunks_alone(upload, publish, api, url):
    document = publish(upload(), "Otters hold hands.")

    row = api.put(f"{url}/{document.pk}", {"chunk_method": "naive"}, format="json").json()["data"]

    assert (row["run"], row["chunk_count"]) == ("DONE", 1)


def test_another_method_stops_a_running_task(document, change):
    queueing.start([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)

    change(chunk_method="qa")

    assert not task.beat(lease_seconds=60, progress=0.5)


@pytest.mark.parametrize("name", ["a.png", "a.ppt", "a.pptx", "a.pages"])
def test_pictures_and_slides_keep_their_method(upload, api, url, name):
    document = upload(name)

    answer = api.put(f"{url}/{document.pk}", {"chunk_method": "naive"}, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(102, "Not supported yet!"))


@pytest.mark.parametrize(("value", "status"), [(0, "0"), (False, "0"), (1, "1"), (True, "1")])
def test_a_document_is_switched(document, change, fetch, value, status):
    document.enabled = not value
    document.save()

    answer = change(enabled=value)

    assert answer.json() == {"code": 0, "data": True}
    assert fetch()["docs"][0]["status"] == status


@pytest.mark.parametrize("key", ["meta_fields", "parser_config"])
def test_stored_json_is_limited_after_the_merge(document, change, key):
    assert change(**{key: {"a": "x" * 40_000}}).json()["code"] == 0
    before = Document.objects.filter(pk=document.pk).values().get()

    answer = change(**{key: {"a" if key == "meta_fields" else "b": "x" * 65_536}})

    assert (answer.status_code, answer.json()["code"]) == (413, 101)
    assert f"`{key}` of a document may have 65,535 characters" in answer.json()["message"]
    assert Document.objects.filter(pk=document.pk).values().get() == before


def test_a_config_cannot_grow_by_small_changes(change):
    change(parser_config={"a": "x" * 40_000})

    assert change(parser_config={"b": "x" * 40_000}).status_code == 413
