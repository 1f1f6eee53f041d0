"""A stored file to drafts: read window by window, cut as it comes, handed out in parts where it is large."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from django.conf import settings

from documents import blobs, filetypes, recipes, staging
from documents.chunkers import chunker_for
from documents.chunkers.flow import Flow
from documents.chunkers.landmarks import Landmarks
from documents.ingestion import parts, shares, thumbnails
from documents.ingestion.parts import Checkpoint
from documents.leases import Lease, LeaseLost
from documents.models import Cut, Document, Task
from documents.parsers.base import Window
from documents.sandbox import ParseInterrupted, Sandbox
from documents.staging import Draft
from knowledgebases.embedders.base import Embedder
from system.errors import DocumentFault, FaultCode

MIB = 1 << 20
REMARKS = 10  # of a window, that go into the log


def read(task: Task, document: Document, *, embedder: Embedder, lease: Lease[Task], sandbox: Sandbox) -> list[Draft]:
    """Read the file of `document` from where an earlier try has come to; returns the drafts left to its own task.

    Those of a small document are all of them, and not staged yet; else up to PART, which are.
    """
    if not filetypes.accepts(document.parser_id, document.suffix):
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"File type not supported yet: method `{document.parser_id}` does not read `.{document.suffix}` files. "
            "Choose another chunk method.",
        )
    point = parts.resume(task, document)
    if not point.ended:
        lease.report(shares.PARSING, "Parsing.", phase="parse")
        with _on_disk(document, lease) as path:
            try:
                if point.at_start and document.thumbnail_blob_id is None:  # a new file has none yet
                    thumbnails.make(document, str(path), lease=lease, sandbox=sandbox)
                return _read_on(task, document, path, point, embedder=embedder, lease=lease, sandbox=sandbox)
            except ParseInterrupted:
                lease.check()  # tells which it was
                raise LeaseLost(str(task)) from None
    return staging.of_task(task)


def _read_on(
    task: Task,
    document: Document,
    path: Path,
    point: Checkpoint,
    *,
    embedder: Embedder,
    lease: Lease[Task],
    sandbox: Sandbox,
) -> list[Draft]:
    def count(texts: Sequence[str]) -> list[int]:
        lease.check()  # cutting a window takes a while
        return embedder.count_tokens(texts)

    config = document.parser_config
    flow = Flow(
        chunker_for(document.parser_id), config=config, count=count, carry=point.carry, landmarks=_landmarks(document)
    )
    windows = sandbox.windows(
        str(path),
        name=document.name,
        config=config,
        cursor=point.window,
        alive=lambda: lease.alive,
        timeout=settings.RAG_PARSE_SECONDS,
    )
    with closing(windows):  # at once, whatever ends this: to close it later would end the child of another document
        for window in windows:
            _remark(lease, window)
            passages = flow.feed(window)
            drafts = [staging.draft(document, passage, seq=point.passages + n) for n, passage in enumerate(passages)]
            if point.at_start and window.cursor is None and len(drafts) <= parts.PART:
                _report(lease, window, len(drafts))
                return drafts
            point = parts.advance(task, drafts, point.after(window, flow.carry, len(drafts)))
            _report(lease, window, point.passages)
    return staging.of_task(task)


def _landmarks(document: Document) -> Landmarks | None:
    """Where the passages of what is published began, if they were cut as they are now."""
    former = Cut.objects.filter(document=document, by=recipes.cutting(document), document__published_gen__gt=0)
    beginnings = former.values_list("beginnings", flat=True).first()
    return Landmarks(beginnings) if beginnings else None


def _remark(lease: Lease[Task], window: Window) -> None:
    """Tell what was left out of a window, and why."""
    for warning in window.parsed.warnings[:REMARKS]:
        lease.note(" ".join(warning.split())[:300])


def _report(lease: Lease[Task], window: Window, chunks: int) -> None:
    done, total, unit = window.done, window.total, window.unit
    if unit == "bytes":
        done, total, unit = done // MIB, -(-total // MIB), "MiB"
    pages = window.parsed.pages
    far = f"{done}/{total} {unit}" if unit else f"{pages} pages" if pages else "the file"
    message = f"Parsed {far}; {chunks} chunks so far." if window.cursor else f"Parsed {far}; {chunks} chunks."
    lease.report(shares.parsing(window.done, window.total), message, phase="parse", done=done, total=total)


@contextmanager
def _on_disk(document: Document, lease: Lease[Task]) -> Iterator[Path]:
    """The bytes of a document that has some, as a file for the parser. Raises DocumentFault where they are missing."""
    with ExitStack() as stack:
        try:
            path = stack.enter_context(blobs.on_disk(document.blob, check=lease.check))  # type: ignore[arg-type]
        except FileNotFoundError:
            text = "The stored file is missing. Delete this document and upload the file again."
            raise DocumentFault(FaultCode.CORRUPT, text) from None
        yield path
