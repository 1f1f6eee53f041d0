"""Every method of the SDK that concerns documents, and the errors that it raises (contract B.2)."""

import pytest

from documents.models import Document
from tests.contract.sdk.conftest import LINE

pytestmark = pytest.mark.django_db(transaction=True)


def test_files_are_uploaded_under_their_names(dataset):
    names = ["a.txt", "b.md", "文件 “1”.txt", "c;d='e'.txt", "%20.txt"]

    uploaded = dataset.upload_documents([{"display_name": name, "blob": b"x"} for name in names])

    assert [one.name for one in uploaded] == names
    assert {(one.dataset_id, one.size, one.run, one.chunk_method) for one in uploaded} == {
        (dataset.id, 1, "UNSTART", "naive")
    }
    assert uploaded[0].to_json()["parser_config"]["chunk_token_num"] == 512


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "No file part!"),
        ([{"display_name": "", "blob": b"x"}], "No file selected!"),
        ([{"display_name": "a" * 252 + ".txt", "blob": b"x"}], "File name must be 255 bytes or less."),
        ([{"display_name": "a.xyz", "blob": b"x"}], "a.xyz: This type of file has not been supported yet!"),
    ],
    ids=["none", "nameless", "long", "kind"],
)
def test_a_refused_upload_is_raised(dataset, files, message):
    with pytest.raises(Exception) as raised:
        dataset.upload_documents(files)

    assert str(raised.value) == message


def test_documents_are_listed_with_every_filter_that_the_sdk_knows(dataset, document):
    dataset.upload_documents([{"display_name": "other.txt", "blob": b"x"}])
    made = Document.objects.get(pk=document.id).created_at.timestamp() * 1000

    assert len(dataset.list_documents()) == 2
    assert [one.name for one in dataset.list_documents(desc=False, page=2, page_size=1)] == ["other.txt"]
    assert [one.id for one in dataset.list_documents(id=document.id, name=document.name)] == [document.id]
    assert [one.id for one in dataset.list_documents(keywords="RAGFLOW", orderby="name")] == [document.id]
    assert [one.id for one in dataset.list_documents(create_time_to=int(made))] == [document.id]


def test_a_listed_document_has_what_the_sdk_shows(dataset, document, owner):
    shown = dataset.list_documents(id=document.id)[0]

    assert (shown.progress, shown.run, shown.status, shown.created_by) == (0.0, "UNSTART", "1", owner.pk)
    assert (shown.token_count, shown.chunk_count, shown.process_begin_at, shown.process_duration) == (0, 0, None, 0.0)
    assert (shown.meta_fields.to_json(), shown.source_type, shown.thumbnail) == ({}, "local", "")


def test_an_update_is_shown_by_the_object(dataset, document):
    document.update(
        {
            "name": "new.txt",
            "meta_fields": {"author": "me"},
            "chunk_method": "manual",
            "parser_config": {"raptor": {"use_raptor": True}},
        }
    )

    shown = dataset.list_documents(id=document.id)[0]
    assert (document.name, document.chunk_method, document.run) == ("new.txt", "manual", "UNSTART")
    assert (document.meta_fields.author, document.parser_config.raptor.use_raptor) == ("me", True)
    assert shown.to_json().items() <= document.to_json().items()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "new.pdf"}, "The extension of file can't be changed"),
        ({"chunk_method": "none"}, "`chunk_method` none doesn't exist"),
        ({"chunk_count": 7}, "Can't change `chunk_count`."),
    ],
)
def test_a_refused_update_is_raised(document, body, message):
    with pytest.raises(Exception) as raised:
        document.update(body)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    "content",
    [LINE.encode(), b'{"code": 1, "message": "mine", "more": 2}', bytes(range(256)) * 100],
    ids=["text", "json", "bytes"],
)
def test_a_download_is_the_bytes(dataset, content):
    document = dataset.upload_documents([{"display_name": "a.json", "blob": content}])[0]

    assert document.download() == content


def test_a_download_that_is_refused_is_raised(document):
    document.id = "x"

    with pytest.raises(Exception):  # noqa: B017 -- the SDK trips over its own message and raises that
        document.download()


def test_documents_are_parsed_and_the_outcome_is_told(dataset, parsed):
    outcome = dataset._get_documents_status([parsed.id])

    assert outcome == [(parsed.id, "DONE", 1, parsed.token_count)]
    assert (parsed.progress, parsed.progress_msg.splitlines()[-1].endswith("Task done")) == (1.0, True)
    assert parsed.process_duration > 0


def test_a_parse_is_canceled(dataset, document):
    dataset.async_parse_documents([document.id])

    dataset.async_cancel_parse_documents([document.id])

    assert dataset._get_documents_status([document.id]) == [(document.id, "CANCEL", 0, 0)]


@pytest.mark.parametrize("method", ["async_parse_documents", "async_cancel_parse_documents"])
def test_documents_have_to_be_named(dataset, method):
    with pytest.raises(Exception, match="`document_ids` is required"):
        getattr(dataset, method)([])


def test_documents_are_deleted_by_id_or_all(dataset, document):
    other = dataset.upload_documents([{"display_name": "other.txt", "blob": b"x"}])[0]

    dataset.delete_documents([other.id])
    with pytest.raises(Exception, match="Documents not found"):
        dataset.delete_documents([other.id])
    left = [one.id for one in dataset.list_documents()]
    dataset.delete_documents()

    assert (left, dataset.list_documents()) == ([document.id], [])
