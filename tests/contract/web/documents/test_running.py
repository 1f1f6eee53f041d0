"""POST /v1/document/run (contract C.5, E.5, A.0.10)."""

import pytest

from documents import editing
from documents.models import Document, Run, Task
from knowledgebases.models import Chunk
from tests.contract.answers import UNKNOWN
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

TRUE = {"code": 0, "message": "success", "data": True}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}
NOT_RUNNING = {"code": 102, "message": "Cannot cancel a task that is not in RUNNING status", "data": None}


@pytest.fixture
def done(upload, publish):
    """A document that is done, with two chunks."""
    return publish(upload("done.txt"), "one", "two")


def contents(document):
    return list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))


@pytest.mark.parametrize("run", ["1", 1])
def test_a_document_is_queued(ask, document, run):
    answer = ask("run", doc_ids=[document.pk], run=run)

    document.refresh_from_db()
    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert document.run == "1"
    assert 0 < document.progress < 0.01
    assert document.progress_msg.endswith("Task is queued...")
    assert document.process_begin_at is not None
    assert Task.objects.claimable().get().document == document


def test_no_ids_are_a_success(ask):
    assert ask("run", doc_ids=[], run="1").json() == TRUE
    assert ask("run", doc_ids=[], run="2").json() == TRUE


def test_repeated_ids_count_once(ask, document):
    assert ask("run", doc_ids=[document.pk] * 3, run="1").json() == TRUE
    assert Task.objects.count() == 1
    assert ask("run", doc_ids=[document.pk] * 3, run="2").json() == TRUE


@pytest.mark.parametrize("run", ["1", "2"])
def test_one_foreign_or_unknown_id_and_nothing_happens(ask, document, secret, run):
    theirs = ask("run", doc_ids=[document.pk, secret.pk], run=run)
    unknown = ask("run", doc_ids=[document.pk, UNKNOWN], run=run)

    assert theirs.content == unknown.content
    assert (theirs.status_code, theirs.json()) == (403, NOAUTH)
    assert set(Document.objects.values_list("run", flat=True)) == {Run.UNSTART}


def test_with_delete_a_foreign_id_loses_nobody_anything(ask, done, secret):
    assert ask("run", doc_ids=[done.pk, secret.pk], run="1", delete=True).json() == NOAUTH
    assert contents(done) == ["one", "two"]


def test_a_deleted_document_is_out_of_reach(ask, document):
    ask("rm", doc_id=document.pk)

    assert ask("run", doc_ids=[document.pk], run="1").json() == NOAUTH


def test_a_member_of_the_team_runs_shared_documents_alone(ask, web_as, teammate, stranger, shared, kb):
    open_, private = DocumentFactory(kb=shared), DocumentFactory(kb=kb)

    assert ask("run", web_as(teammate), doc_ids=[open_.pk], run="1").json() == TRUE
    assert ask("run", web_as(teammate), doc_ids=[private.pk], run="1").json() == NOAUTH
    assert ask("run", web_as(stranger), doc_ids=[open_.pk], run="2").json() == NOAUTH


def test_without_a_session_nothing_happens(ask, anonymous, document):
    answer = ask("run", anonymous, doc_ids=[document.pk], run="1")

    assert answer.json() == {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "required argument are missing: doc_ids,run; "),
        ({"run": "1"}, "required argument are missing: doc_ids; "),
        ({"doc_ids": []}, "required argument are missing: run; "),
        ({"doc_ids": [], "run": "3"}, '"run" must be either 1 or 2!'),
        ({"doc_ids": [], "run": None}, '"run" must be either 1 or 2!'),
        ({"doc_ids": [], "run": True}, '"run" must be either 1 or 2!'),
        ({"doc_ids": [], "run": [1]}, '"run" must be either 1 or 2!'),
        ({"doc_ids": [], "run": 1.0}, '"run" must be either 1 or 2!'),
        ({"doc_ids": [], "run": "1", "delete": "maybe"}, '"delete" must be either true or false!'),
        ({"doc_ids": [], "run": "1", "delete": ["true"]}, '"delete" must be either true or false!'),
    ],
)
def test_what_is_missing_or_senseless_is_told(ask, body, message):
    answer = ask("run", **body)

    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (400, 101, message)


@pytest.mark.parametrize("ids", [None, 7, {}, True, "nobody", [None], [["nested"]], [{"a": 1}]])
def test_what_is_no_list_of_ids_is_nobodys(ask, ids):
    assert ask("run", doc_ids=ids, run="1").json() == NOAUTH


def test_too_many_ids_are_refused(ask):
    answer = ask("run", doc_ids=["0"] * 10_001, run="1")

    assert (answer.status_code, answer.json()["code"]) == (413, 101)


@pytest.mark.parametrize("run", ["2", 2])
def test_a_running_document_is_canceled_and_stays_so(ask, document, run):
    ask("run", doc_ids=[document.pk], run="1")

    answer = ask("run", doc_ids=[document.pk], run=run)

    document.refresh_from_db()
    assert answer.json() == TRUE
    assert (document.run, document.progress) == ("2", 0.0)
    assert document.process_begin_at is not None
    assert not Task.objects.open().exists()


@pytest.mark.parametrize("run", [Run.UNSTART, Run.CANCEL, Run.DONE, Run.FAIL])
def test_what_does_not_run_cannot_be_canceled(ask, document, run):
    Document.objects.filter(pk=document.pk).update(run=run)

    answer = ask("run", doc_ids=[document.pk], run="2")

    document.refresh_from_db()
    assert (answer.status_code, answer.json()) == (409, NOT_RUNNING)
    assert document.run == run


def test_those_that_run_are_canceled_and_the_others_are_told_of(ask, done, document):
    ask("run", doc_ids=[document.pk], run="1")

    answer = ask("run", doc_ids=[done.pk, document.pk], run="2")

    done.refresh_from_db()
    document.refresh_from_db()
    assert answer.json() == NOT_RUNNING
    assert (done.run, document.run) == (Run.DONE, Run.CANCEL)


def test_a_done_document_that_is_unchanged_is_done_at_once(ask, done):
    answer = ask("run", doc_ids=[done.pk], run="1")

    done.refresh_from_db()
    assert answer.json() == TRUE
    assert (done.run, done.progress, done.chunk_num) == ("3", 1, 2)
    assert "Reused previous task's chunks." in done.progress_msg
    assert "Task done" in done.progress_msg.splitlines()[-1]
    assert done.process_duration > 0
    assert not Task.objects.open().exists()


def test_chunks_deleted_by_hand_do_not_come_back(ask, done, kb):
    editing.delete(done, [Chunk.objects.get(content="one").pk])

    ask("run", doc_ids=[done.pk], run="1")

    done.refresh_from_db()
    assert contents(done) == ["two"]
    assert (done.chunk_num, kb.refresh().chunk_num) == (1, 1)


def test_after_another_config_it_is_parsed_anew(ask, done):
    ask("change_parser", doc_id=done.pk, parser_id="naive", parser_config={"chunk_token_num": 99})

    ask("run", doc_ids=[done.pk], run="1")

    done.refresh_from_db()
    assert done.run == "1"


def test_raptor_and_graphrag_are_no_reason_to_parse_anew(ask, done):
    Document.objects.filter(pk=done.pk).update(parser_config={**done.parser_config, "raptor": {"use_raptor": False}})

    ask("run", doc_ids=[done.pk], run="1")

    done.refresh_from_db()
    assert done.run == "3"


@pytest.mark.parametrize("delete", [True, "true", "True", 1, "1"])
def test_with_delete_all_goes_and_it_is_parsed_anew(ask, done, kb, delete):
    editing.add(done, "typed in")

    answer = ask("run", doc_ids=[done.pk], run="1", delete=delete)

    done.refresh_from_db()
    assert answer.json() == TRUE
    assert (done.run, done.chunk_num, done.token_num, kb.refresh().chunk_num) == ("1", 0, 0, 0)
    assert contents(done) == []
    assert Task.objects.get().gen == done.gen == 2


@pytest.mark.parametrize("delete", [False, "false", 0, "0", None, ""])
def test_without_delete_nothing_goes(ask, done, delete):
    ask("run", doc_ids=[done.pk], run="1", delete=delete)

    assert contents(done) == ["one", "two"]


def test_rest_parsing_always_parses_anew(api, ask, done, kb):
    editing.delete(done, [Chunk.objects.get(content="one").pk])

    api.post(f"/api/v1/datasets/{kb.pk}/chunks", {"document_ids": [done.pk]}, format="json")

    done.refresh_from_db()
    assert done.run == "1"
    assert not done.deleted_chunks.exists()


def test_documents_of_several_datasets_run_together(ask, owner, document):
    other = DocumentFactory(kb=KnowledgebaseFactory(owner=owner))

    assert ask("run", doc_ids=[document.pk, other.pk], run="1").json() == TRUE
    assert Task.objects.claimable().count() == 2


def test_the_number_of_queries_does_not_grow_with_the_documents(ask, kb, django_assert_max_num_queries):
    ids = [DocumentFactory(kb=kb, name=f"{number}.txt").pk for number in range(60)]

    with django_assert_max_num_queries(16):
        ask("run", doc_ids=ids, run="1")
