"""Thumbnails from a parsed file to stored PNG, and their end."""

import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from documents import blobs, jobs, queueing, removal, sweeping
from documents.ingestion import thumbnails
from documents.leases import Lease, LeaseLost
from documents.models import Blob, BlobState, Document, Run
from documents.sandbox import Sandbox
from system.errors import DocumentFault, FaultCode, Unavailable

pytestmark = pytest.mark.django_db(transaction=True)


def pdf(*lines):
    data = io.BytesIO()
    canvas = Canvas(data)
    for at, line in enumerate(lines):
        canvas.drawString(60, 780 - 20 * at, line)
    canvas.showPage()
    canvas.save()
    return data.getvalue()


@pytest.fixture
def paper(upload):
    return upload("paper.pdf", pdf("Otters swim along the river bank."))


@pytest.fixture
def ingest():
    """Start a document and work until nothing is left to be done."""

    def ingest(document):
        queueing.start([document.pk])
        jobs.wake()
        document.refresh_from_db()
        return document

    return ingest


def stored(document):
    with default_storage.open(document.thumbnail_blob.key) as file:
        return file.read()


def test_a_parsed_pdf_has_a_small_png_of_its_first_page(paper, ingest):
    ingest(paper)

    image = Image.open(io.BytesIO(stored(paper)))
    assert (paper.run, paper.thumbnail) == (Run.DONE, f"thumbnail_{paper.pk}.png")
    assert paper.thumbnail_blob.state == BlobState.LIVE
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (182, 256))
    assert image.getextrema() != ((255, 255),) * 3  # something is on it


def test_a_scan_has_one_too_although_it_cannot_be_read(upload, ingest):
    scan = ingest(upload("scan.pdf", pdf()))

    assert (scan.run, scan.thumbnail_blob.state) == (Run.FAIL, BlobState.LIVE)


def test_a_text_has_none(document, ingest):
    ingest(document)

    assert (document.run, document.thumbnail, document.thumbnail_blob) == (Run.DONE, "", None)


def test_it_is_drawn_once_for_a_file(paper, ingest, monkeypatch):
    before = ingest(paper).thumbnail_blob
    monkeypatch.setattr(Sandbox, "draw", lambda *args, **options: pytest.fail("drawn again"))

    assert ingest(paper).thumbnail_blob == before


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(DocumentFault(FaultCode.CRASHED, "no"), id="the page takes the child down"),
        pytest.param(Unavailable("no"), id="no child can be started"),
    ],
)
def test_a_page_that_cannot_be_drawn_does_not_fail_its_document(paper, ingest, monkeypatch, error):
    monkeypatch.setattr(Sandbox, "draw", lambda *args, **options: (_ for _ in ()).throw(error))

    ingest(paper)

    assert (paper.run, paper.chunk_num, paper.thumbnail_blob) == (Run.DONE, 1, None)


def test_a_picture_that_cannot_be_stored_does_not_fail_its_document(paper, ingest, monkeypatch):
    monkeypatch.setattr(blobs, "store", lambda *args: (_ for _ in ()).throw(OSError("no space left")))

    ingest(paper)

    assert (paper.run, paper.chunk_num, paper.thumbnail_blob) == (Run.DONE, 1, None)


def test_a_task_that_was_taken_over_replaces_nothing(paper, ingest, claimed, settings):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    thumbnail = ingest(paper).thumbnail_blob
    task = claimed(paper)
    queueing.stop([paper.pk])
    lease = Lease(task)

    with Sandbox() as sandbox, blobs.on_disk(paper.blob, check=lease.check) as path, pytest.raises(LeaseLost):
        thumbnails.make(paper, str(path), lease=lease, sandbox=sandbox)

    paper.refresh_from_db()
    assert paper.thumbnail_blob == thumbnail
    assert Blob.objects.filter(state=BlobState.PENDING).count() == 1
    assert sweeping.sweep()["clear_blobs"] == 1  # what was drawn for nobody


def test_the_sweeper_leaves_it_alone_while_its_document_lives(paper, ingest, settings):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    ingest(paper)

    sweeping.sweep()

    assert stored(paper)


def test_it_goes_with_its_document(paper, ingest, settings):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    key = ingest(paper).thumbnail_blob.key

    removal.remove([paper.pk])
    states = set(Blob.objects.values_list("state", flat=True))
    sweeping.sweep()

    assert states == {BlobState.DEAD}
    assert not default_storage.exists(key)
    assert not Blob.objects.exists()


def test_bytes_that_are_the_picture_of_another_document_stay(paper, ingest, upload):
    other = upload("other.txt")
    Document.objects.filter(pk=other.pk).update(thumbnail_blob=ingest(paper).thumbnail_blob)

    removal.remove([paper.pk])

    assert Blob.objects.get(pk=paper.thumbnail_blob_id).state == BlobState.LIVE
