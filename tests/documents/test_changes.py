import pytest

from documents import changes, queueing, removal
from documents.changes import Change
from documents.models import Document, Run, TaskState
from knowledgebases import parser_config
from knowledgebases.models import LexicalRow
from knowledgebases.retrieval import search_text
from system.errors import ArgumentError, Conflict, DataError, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(document, claimed, stage):
    from documents import publishing

    task = claimed()
    stage(task, ["one", "two"])
    publishing.publish(task)
    document.refresh_from_db()
    return document


def test_all_values_are_changed_together(document):
    wanted = Change(name="New.txt", meta_fields={"a": 1}, parser_config={"chunk_token_num": 9}, enabled=False)

    changed = changes.change(document, wanted)

    document.refresh_from_db()
    assert (document.name, document.meta_fields, document.enabled) == ("New.txt", {"a": 1}, False)
    assert document.parser_config == changed.parser_config == {"chunk_token_num": 9}


def test_a_value_that_cannot_be_leaves_the_others_unchanged(document):
    with pytest.raises(DataError, match="doesn't exist"):
        changes.change(document, Change(name="new.txt", meta_fields={"a": 1}, method="nope"))

    document.refresh_from_db()
    assert (document.name, document.meta_fields) == ("note.txt", {})


def test_a_renamed_document_is_found_by_its_new_name_alone(published):
    changed = changes.change(published, Change(name="zebrafish.txt"))

    assert search_text(changed, "zebrafish")[0] == 2
    assert search_text(changed, "note")[0] == 0
    assert LexicalRow.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("note.pdf", ArgumentError),
        ("../..", ArgumentError),
        ("a" * 252 + ".txt", ArgumentError),
        ("TAKEN.txt", Conflict),
    ],
    ids=["suffix", "path", "long", "taken"],
)
def test_a_name_that_cannot_be_is_refused(upload, document, name, error):
    upload("taken.txt")

    with pytest.raises(error):
        changes.change(document, Change(name=name))


def test_a_name_is_cleaned(document):
    assert changes.change(document, Change(name="a/b\u202e.txt")).name == "b.txt"


def test_the_name_of_a_deleted_document_is_free(upload, document):
    removal.remove([upload("free.txt").pk])

    assert changes.change(document, Change(name="free.txt")).name == "free.txt"


def test_another_method_starts_from_nothing(published, kb):
    changed = changes.change(published, Change(method="qa"))

    assert (changed.run, changed.progress, changed.published_gen, changed.chunk_num) == (Run.UNSTART, 0, 0, 0)
    assert kb.refresh().chunk_num == 0


def test_a_task_under_way_ends_with_the_method_it_was_started_for(document, claimed):
    task = claimed()

    changes.change(document, Change(method="qa"))

    task.refresh_from_db()
    assert task.state == TaskState.CANCELED
    assert queueing.start([document.pk]) == 1


def test_another_config_starts_from_nothing_where_it_is_asked_to(published):
    kept = changes.change(published, Change(parser_config={"chunk_token_num": 9}))
    same = changes.change(published, Change(parser_config={"chunk_token_num": 9}, anew=True))
    gone = changes.change(published, Change(parser_config={"chunk_token_num": 8}, anew=True))

    assert [one.chunk_num for one in (kept, same, gone)] == [2, 2, 0]
    assert (gone.run, gone.published_gen) == (Run.UNSTART, 0)


def test_living_documents_are_switched_and_told(upload, document):
    other, gone = upload("other.txt"), upload("gone.txt")
    removal.remove([gone.pk])

    switched = changes.switch([document.pk, gone.pk, "unknown"], enabled=False)

    assert switched == [document.pk]
    assert set(Document.objects.filter(enabled=True)) == {other, gone}


def test_a_deleted_document_is_not_changed(document):
    removal.remove([document.pk])

    with pytest.raises(NotFound):
        changes.change(document, Change(enabled=False))

    assert Document.objects.get(pk=document.pk).enabled


def test_merging_keeps_raptor_only_where_it_is_given():
    stored = parser_config.default("naive")

    assert "raptor" not in changes.merged(stored, {"delimiter": "x"})
    assert "raptor" not in changes.merged(stored, {"raptor": {}})
    assert changes.merged(stored, {"raptor": {"max_token": 1}})["raptor"] == stored["raptor"] | {"max_token": 1}
