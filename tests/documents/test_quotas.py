import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from documents import pausing, queueing, quotas, removal, uploads
from documents.models import Blob, Document, Reservation, Run, Task
from knowledgebases.models import Knowledgebase
from system.errors import TooLarge, TooMany
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def limited(owner):
    """Give the owner's tenant quotas."""

    def limited(**given):
        for name, value in given.items():
            setattr(owner.tenant, f"quota_{name}", value)
        owner.tenant.save()

    return limited


@pytest.fixture
def waiting(kb):
    """Make documents of 10 bytes that can be started; returns their ids."""

    def waiting(number, to=None):
        return [DocumentFactory(kb=to or kb, size=10).pk for _ in range(number)]

    return waiting


def file(name="a.txt", size=10):
    return SimpleUploadedFile(name, b"x" * size)


def stored():
    return Document.objects.count(), Blob.objects.count(), Reservation.objects.count()


def test_a_tenant_without_quotas_of_its_own_has_the_sites(owner, settings):
    settings.RAG_QUOTAS = {"documents": 1, "bytes": 2, "queued_documents": 3, "queued_bytes": 4}
    owner.tenant.quota_bytes, owner.tenant.quota_queued_bytes = 0, 7

    assert owner.tenant.quotas == type(owner.tenant.quotas)(documents=1, bytes=0, queued_documents=3, queued_bytes=7)


@pytest.mark.parametrize(
    ("limit", "told"),
    [({"queued_documents": 4}, "4 documents being processed"), ({"queued_bytes": 49}, "49 bytes of documents")],
    ids=["documents", "bytes"],
)
@pytest.mark.parametrize(
    "start",
    [queueing.start, queueing.start_idle, queueing.run, lambda ids: queueing.run(ids, delete=True)],
    ids=["start", "start idle", "run", "run afresh"],
)
def test_a_call_beyond_the_queue_starts_none(limited, waiting, limit, told, start):
    queueing.start(waiting(3))
    more = waiting(2)
    limited(**limit)

    with pytest.raises(TooMany, match=told) as refusal:
        start(more)

    assert refusal.value.headers == {"Retry-After": "30"}
    assert "operator" in refusal.value.message
    assert not Task.objects.filter(document__in=more).exists()
    assert set(Document.objects.filter(pk__in=more).values_list("run", flat=True)) == {Run.UNSTART}


def test_a_call_beyond_the_whole_quota_is_not_told_to_come_back(limited, waiting):
    limited(queued_documents=4)

    with pytest.raises(TooLarge, match="Start fewer at once") as refusal:
        queueing.start(waiting(5))

    assert "Retry-After" not in refusal.value.headers
    assert not Task.objects.exists()


def test_a_queue_may_be_filled_to_its_quota_and_started_anew(limited, waiting):
    ids = waiting(4)
    limited(queued_documents=4, queued_bytes=40)

    assert queueing.start(ids) == 4
    assert queueing.start(ids) == 4


def test_failed_documents_are_tried_again_only_as_far_as_the_queue_has_room(limited, waiting):
    ids = waiting(2)
    Document.objects.filter(pk__in=ids).update(run=Run.FAIL)
    queueing.start(waiting(1))
    limited(queued_documents=2)

    with pytest.raises(TooMany):
        queueing.retry(ids)


def test_what_is_stopped_removed_or_deleted_with_its_dataset_makes_room(kb, owner, limited, waiting):
    first, second, third = waiting(3)
    other = KnowledgebaseFactory(owner=owner)
    queueing.start([first, second, third, *waiting(1, to=other)])
    assert quotas.use_of(owner.tenant) == quotas.Use(4, 40, 4, 40)

    queueing.stop([first])
    removal.remove([second])
    Knowledgebase.objects.filter(pk=other.pk).update(deleted_at=timezone.now())

    assert quotas.use_of(owner.tenant) == quotas.Use(2, 20, 1, 10)


def test_a_paused_document_takes_room_in_the_queue(kb, owner, waiting):
    queueing.start(waiting(2))

    pausing.pause(kb)

    assert quotas.use_of(owner.tenant).queued_documents == 2


def test_one_tenants_queue_is_not_anothers(kb, limited, waiting, stranger):
    foreign = KnowledgebaseFactory(owner=stranger)
    queueing.start(waiting(2))
    limited(queued_documents=2)

    assert queueing.start(waiting(3, to=foreign)) == 3


def test_asking_costs_the_same_however_much_waits(kb, waiting, django_assert_max_num_queries):
    Knowledgebase.objects.filter(pk=kb.pk).update(queued_num=90_000, queued_bytes=900_000)

    ids = waiting(1)

    with django_assert_max_num_queries(3), quotas.queueing(ids):
        pass


@pytest.mark.parametrize(
    ("limit", "told"),
    [({"documents": 2}, "may have 2 documents; it has 1, and 2 more"), ({"bytes": 29}, "may have 29 bytes of files")],
    ids=["documents", "bytes"],
)
def test_an_upload_beyond_the_storage_stores_nothing(kb, owner, limited, upload, limit, told):
    upload("first.txt", "x" * 10)
    before = stored()
    limited(**limit)

    with pytest.raises(TooLarge, match=told) as refusal:
        uploads.add(kb, user=owner, files=[file("a.txt"), file("b.txt")])

    assert "Remove documents" in refusal.value.message
    assert "Retry-After" not in refusal.value.headers
    assert stored() == before


def test_storage_may_be_filled_to_its_quota(kb, owner, limited):
    limited(documents=2, bytes=20)

    uploaded = uploads.add(kb, user=owner, files=[file("a.txt"), file("b.txt")])

    assert len(uploaded.documents) == 2
    assert quotas.use_of(owner.tenant) == quotas.Use(2, 20, 0, 0)
    assert not Reservation.objects.exists()


def test_a_document_without_a_file_counts_too(kb, owner, limited, upload):
    upload()
    limited(documents=1)

    with pytest.raises(TooLarge):
        uploads.create_empty(kb, user=owner, name="notes")


def test_a_file_that_takes_the_place_of_another_gives_its_bytes_back(kb, owner, limited):
    limited(bytes=30)
    uploads.add(kb, user=owner, files=[file("a.txt", 10)])

    uploads.add(kb, user=owner, files=[file("a.txt", 20)], on_conflict=uploads.OnConflict.REPLACE)

    assert quotas.use_of(owner.tenant) == quotas.Use(1, 20, 0, 0)


def test_room_is_held_while_an_upload_is_under_way_and_shrinks_with_what_is_stored(kb, owner, limited):
    limited(bytes=100)

    with quotas.room(owner.tenant, body=quotas.FORM_BYTES + 60):
        with pytest.raises(TooLarge):
            uploads.add(kb, user=owner, files=[file(size=50)])
        uploads.add(kb, user=owner, files=[file(size=40)])
        assert quotas.use_of(owner.tenant).bytes == 100

    assert quotas.use_of(owner.tenant).bytes == 40


def test_room_of_an_upload_that_died_is_given_back_in_time(owner, limited):
    limited(bytes=100)
    quotas.Room(owner.tenant).hold(documents=1, size=80)  # and never gives it back

    Reservation.objects.update(until=timezone.now() - timedelta(seconds=1))
    quotas.Room(owner.tenant).hold(documents=1, size=90)

    assert [row.bytes for row in Reservation.objects.all()] == [90]


def test_a_body_without_room_is_refused_before_it_is_read(api, kb, limited):
    limited(bytes=1000)

    answer = api.post(
        f"/api/v1/datasets/{kb.pk}/documents", {"file": file(size=quotas.FORM_BYTES + 1000)}, format="multipart"
    )

    assert (answer.status_code, answer.json()["code"]) == (413, 101)
    assert "may have 1,000 bytes of files" in answer.json()["message"]
    assert stored() == (0, 0, 0)


def test_the_web_refuses_a_body_that_none_of_the_users_tenants_has_room_for(web, kb, owner, stranger, limited):
    limited(bytes=1000)
    sent = {"kb_id": kb.pk, "file": file(size=quotas.FORM_BYTES + 1000)}

    answer = web.post("/v1/document/upload", sent, format="multipart")

    assert answer.status_code == 413
    assert stored() == (0, 0, 0)


def test_a_full_queue_is_answered_429_with_a_time(api, kb, limited, waiting):
    queueing.start(waiting(2))
    limited(queued_documents=2)

    answer = api.post(f"/api/v1/datasets/{kb.pk}/chunks", {"document_ids": waiting(1)}, format="json")

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, 103, "30")


def at_once(*deeds):
    """Run deeds at the same time, each on its own connection; returns how each ended."""
    ends, gate = [], threading.Barrier(len(deeds))

    def run(deed):
        try:
            gate.wait()
            deed()
            ends.append("done")
        except (TooLarge, TooMany) as error:
            ends.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


@pytest.mark.django_db(transaction=True)
def test_of_uploads_at_the_same_time_only_as_many_pass_as_there_is_room_for(kb, owner, limited):
    limited(bytes=25)

    ends = at_once(*[lambda n=n: uploads.add(kb, user=owner, files=[file(f"{n}.txt")]) for n in range(4)])

    assert ends == ["TooLarge", "TooLarge", "done", "done"]
    assert quotas.use_of(owner.tenant) == quotas.Use(2, 20, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_starts_at_the_same_time_only_as_many_pass_as_there_is_room_for(owner, limited, waiting):
    sets = [waiting(3) for _ in range(3)]
    limited(queued_documents=6)

    ends = at_once(*[lambda ids=ids: queueing.start(ids) for ids in sets])

    assert ends == ["TooMany", "done", "done"]
    assert quotas.use_of(owner.tenant).queued_documents == 6


@pytest.mark.django_db(transaction=True)
def test_a_start_of_many_transactions_is_all_or_nothing(owner, limited, waiting, monkeypatch):
    monkeypatch.setattr("documents.batches.DOCUMENTS", 2)
    ids = waiting(5)
    queueing.start(waiting(1))
    limited(queued_documents=5)

    with pytest.raises(TooMany):
        queueing.start(ids)

    assert quotas.use_of(owner.tenant).queued_documents == 1
