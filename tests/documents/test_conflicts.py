import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from documents import conflicts, queueing, quotas, removal, replacing, sweeping, uploads
from documents.conflicts import Duplicate, OnConflict, Outcome
from documents.models import Blob, BlobState, Document, Run, TaskState
from knowledgebases.models import Chunk
from system.errors import ArgumentError

pytestmark = pytest.mark.django_db

KEEP, SKIP, REPLACE, ERROR = OnConflict
SAME = ("a.txt", "otters")
OTHER_BYTES = ("A.TXT", "beavers")
OTHER_NAME = ("b.txt", "otters")
UNLIKE = ("b.txt", "beavers")


@pytest.fixture
def take(kb, owner):
    """Upload a text under a name, with a word on what to do where it is there already."""

    def take(name, content, asked, to=None, **more):
        file = SimpleUploadedFile(name, content.encode())
        with quotas.room(kb.tenant) as room:
            return uploads.take(to or kb, user=owner, file=file, room=room, on_conflict=asked, **more)

    return take


@pytest.fixture
def there(upload):
    """What the dataset has: a.txt, about otters."""
    return upload("a.txt", "otters")


def text_of(document):
    from django.core.files.storage import default_storage

    with default_storage.open(document.blob.key) as stored:
        return stored.read().decode()


@pytest.mark.parametrize(
    ("asked", "sent", "outcome", "named"),
    [
        (KEEP, SAME, Outcome.KEPT, "a(1).txt"),
        (KEEP, OTHER_BYTES, Outcome.KEPT, "A(1).TXT"),
        (KEEP, OTHER_NAME, Outcome.STORED, "b.txt"),
        (SKIP, OTHER_BYTES, Outcome.KEPT, "A(1).TXT"),
        (REPLACE, OTHER_NAME, Outcome.STORED, "b.txt"),
        *[(asked, UNLIKE, Outcome.STORED, "b.txt") for asked in OnConflict],
    ],
)
def test_a_file_becomes_a_document_of_its_own(there, kb, take, asked, sent, outcome, named):
    result = take(*sent, asked)

    assert (result.outcome, result.document.name) == (outcome, named)
    assert text_of(result.document) == sent[1]
    assert text_of(there) == "otters"
    assert kb.refresh().doc_num == 2


@pytest.mark.parametrize(("asked", "sent"), [(SKIP, SAME), (SKIP, OTHER_NAME), (REPLACE, SAME)])
def test_a_file_that_is_there_is_not_stored_again(there, take, asked, sent):
    result = take(*sent, asked)

    assert (result.outcome, result.document) == (Outcome.SKIPPED, there)
    assert Document.objects.get().name == "a.txt"
    assert Blob.objects.count() == 1


@pytest.mark.parametrize("sent", [SAME, OTHER_BYTES, OTHER_NAME], ids=["same", "other bytes", "other name"])
def test_an_error_names_the_document_that_is_in_the_way(there, take, sent):
    with pytest.raises(Duplicate, match=rf"`a\.txt` \({there.pk}\)"):
        take(*sent, ERROR)

    assert Document.objects.count() == Blob.objects.count() == 1


def test_other_bytes_replace_those_of_the_document_of_that_name(there, kb, take):
    former = there.blob

    result = take(*OTHER_BYTES, REPLACE, folder="reports")

    document = Document.objects.get()
    assert (result.outcome, result.document) == (Outcome.REPLACED, document)
    assert (document.pk, document.name, document.size) == (there.pk, "a.txt", 7)
    assert (document.location, document.file.size, document.file.blob) == ("reports/a.txt", 7, document.blob)
    assert (text_of(document), document.blob.state, document.sha256) == (
        "beavers",
        BlobState.LIVE,
        document.blob.sha256,
    )
    former.refresh_from_db()
    assert former.state == BlobState.DEAD
    assert (document.run, document.gen, kb.refresh().doc_num) == (Run.UNSTART, 0, 1)


def test_the_oldest_of_several_with_the_same_bytes_is_told_unless_one_has_the_name(there, upload, take):
    again = upload("again.txt", "otters")

    assert take("new.txt", "otters", SKIP).document == there
    assert take("again.txt", "otters", SKIP).document == again


def test_a_document_without_bytes_is_no_twin_of_an_empty_file(kb, owner, take):
    uploads.create_empty(kb, user=owner, name="typed")

    assert take("empty.txt", "", SKIP).outcome == Outcome.STORED
    assert take("void.txt", "", SKIP).outcome == Outcome.SKIPPED


def test_a_document_without_bytes_takes_those_of_a_file_of_its_name(kb, owner, take):
    typed = uploads.create_empty(kb, user=owner, name="a.txt")

    result = take("a.txt", "otters", REPLACE)

    assert (result.document, result.document.type, result.document.run) == (typed, "doc", Run.UNSTART)
    assert text_of(result.document) == "otters"


def test_a_removed_document_is_in_nobodys_way(there, take):
    removal.remove([there.pk])

    assert [take(*SAME, asked).outcome for asked in (ERROR, SKIP)] == [Outcome.STORED, Outcome.SKIPPED]


def test_another_dataset_is_another_matter(there, kb, owner, take):
    from knowledgebases.models import Knowledgebase

    other = Knowledgebase.objects.create(tenant=kb.tenant, created_by=owner, name="Other", embd_id=kb.embd_id)

    assert take(*SAME, ERROR, to=other).outcome == Outcome.STORED


@pytest.mark.parametrize(
    ("asked", "outcomes"),
    [
        (KEEP, ["stored", "kept", "kept", "stored"]),
        (SKIP, ["stored", "skipped", "kept", "skipped"]),
        (REPLACE, ["stored", "skipped", "replaced", "stored"]),
        (ERROR, ["stored", "refused", "refused", "refused"]),
    ],
)
def test_files_of_one_request_conflict_as_those_of_several_do(kb, owner, asked, outcomes):
    files = [SimpleUploadedFile(name, text.encode()) for name, text in (SAME, SAME, OTHER_BYTES, OTHER_NAME)]

    uploaded = uploads.add(kb, user=owner, files=files, on_conflict=asked)

    assert [result.outcome for result in uploaded.results] == outcomes


def test_a_replaced_document_is_searched_as_it_was_until_it_is_parsed_anew(done, take, work):
    by_hand = Chunk.objects.filter(document=done, content="two")
    by_hand.update(by_hand=True)

    result = take(done.name, "quite another text", REPLACE)

    assert (result.outcome, result.document.run, result.document.gen) == (Outcome.REPLACED, Run.RUNNING, done.gen + 1)
    assert set(Chunk.objects.filter(document=done).values_list("content", flat=True)) == {"one", "two", "three"}
    work("three", "four")
    done.refresh_from_db()
    assert done.run == Run.DONE
    assert set(Chunk.objects.filter(document=done).values_list("content", flat=True)) == {"two", "three", "four"}


def test_work_on_the_bytes_of_before_is_canceled(document, claimed, take):
    task = claimed()

    take(document.name, "quite another text", REPLACE)

    task.refresh_from_db()
    assert task.state == TaskState.CANCELED
    document.refresh_from_db()
    assert (document.run, document.tasks.open().get().gen) == (Run.RUNNING, task.gen + 1)


@pytest.mark.parametrize(("run", "after"), [(Run.FAIL, Run.RUNNING), (Run.CANCEL, Run.CANCEL)])
def test_what_failed_is_tried_anew_and_what_was_stopped_stays_so(document, take, run, after):
    Document.objects.filter(pk=document.pk).update(run=run)

    assert take(document.name, "quite another text", REPLACE).document.run == after


def test_a_stopped_document_that_is_searched_is_parsed_anew(done, take):
    queueing.start([done.pk])
    queueing.stop([done.pk])

    assert take(done.name, "quite another text", REPLACE).document.run == Run.RUNNING


def test_a_picture_of_the_former_bytes_goes_with_them(document, kb, take):
    picture = Blob.objects.create(tenant=kb.tenant, key="picture", state=BlobState.LIVE)
    Document.objects.filter(pk=document.pk).update(thumbnail="thumbnail.png", thumbnail_blob=picture)

    replaced = take(document.name, "quite another text", REPLACE).document

    picture.refresh_from_db()
    assert (replaced.thumbnail, replaced.thumbnail_blob, picture.state) == ("", None, BlobState.DEAD)


def test_bytes_that_another_document_shares_outlive_the_replacement(document, kb, owner, take):
    Document.objects.create(kb=kb, created_by=owner, name="copy.txt", blob=document.blob, type="doc", suffix="txt")

    take(document.name, "quite another text", REPLACE)

    document.blob.refresh_from_db()
    assert document.blob.state == BlobState.LIVE


def test_a_replacement_that_fails_leaves_all_as_it_was(there, take, settings, monkeypatch):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    Document.objects.filter(pk=there.pk).update(run=Run.DONE, published_gen=1)

    def broken(ids):
        raise RuntimeError("broken")

    monkeypatch.setattr(queueing, "start", broken)

    with pytest.raises(RuntimeError):
        take(*OTHER_BYTES, REPLACE)

    there.refresh_from_db()
    assert (text_of(there), there.blob.state) == ("otters", BlobState.LIVE)
    sweeping.clear_blobs()
    assert Blob.objects.get() == there.blob


def test_a_document_that_is_renamed_meanwhile_is_not_the_one_to_replace(there, take, monkeypatch):
    real = replacing.replace

    def renamed(document, **how):
        Document.objects.filter(pk=there.pk).update(name="renamed.txt")
        monkeypatch.setattr(replacing, "replace", real)
        return real(document, **how)

    monkeypatch.setattr(replacing, "replace", renamed)

    result = take(*OTHER_BYTES, REPLACE)

    assert (result.outcome, result.document.name) == (Outcome.STORED, "A.TXT")
    assert text_of(there) == "otters"


def test_replacing_needs_no_other_name(upload, take):
    upload("b" * 251 + ".txt", "otters")

    assert take("b" * 251 + ".txt", "beavers", REPLACE).outcome == Outcome.REPLACED


@pytest.mark.parametrize("given", ["KEEP", "overwrite", "\x00", "keep,skip", "x" * 500])
def test_another_word_is_refused_with_those_there_are(given):
    with pytest.raises(ArgumentError, match=r"`on_conflict` is .* send `keep`, `skip`, `replace` or `error`"):
        conflicts.on_conflict(given)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("asked", "texts", "outcomes", "documents"),
    [
        (KEEP, "same", {"stored": 1, "kept": 5}, 6),
        (SKIP, "same", {"stored": 1, "skipped": 5}, 1),
        (REPLACE, "other", {"stored": 1, "replaced": 5}, 1),
        (ERROR, "same", {"stored": 1, "refused": 5}, 1),
    ],
)
def test_uploads_at_the_same_time_end_as_if_they_had_come_one_after_the_other(
    kb, owner, settings, asked, texts, outcomes, documents
):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    uploads.folder_of(kb)
    begun, results = threading.Barrier(6), []

    def send(number):
        file = SimpleUploadedFile("a.txt", b"same" if texts == "same" else f"text {number}".encode())
        begun.wait()
        try:
            results.extend(uploads.add(kb, user=owner, files=[file], on_conflict=asked).results)
        finally:
            connection.close()

    senders = [threading.Thread(target=send, args=[number]) for number in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    counted = [result.outcome for result in results]
    assert {outcome: counted.count(outcome) for outcome in set(counted)} == outcomes
    assert kb.refresh().doc_num == documents == Document.objects.count()
    sweeping.clear_blobs()
    assert set(Blob.objects.all()) == {document.blob for document in Document.objects.all()}
