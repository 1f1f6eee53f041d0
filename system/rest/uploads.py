"""Multipart bodies: streamed to disk, bounded, hashed while they pass, with the names that clients gave."""

import hashlib
import io
import logging
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.request import Request

from system import scratch
from system.errors import ArgumentError, TooLarge, Unavailable

if TYPE_CHECKING:
    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile

log = logging.getLogger(__name__)

T = TypeVar("T")

FIELD = "file"
MEMORY_BYTES = 64 << 10  # of one file that stays in memory; a thousand small files cost no descriptors


class Unwanted(ArgumentError, SuspiciousOperation):
    """A file where none is taken.

    It is an exception of Django too: forms outside the API, whose bodies middleware reads, answer 400.
    """


class BodyTooLarge(TooLarge, SuspiciousOperation):
    """A multipart body of more bytes than one request may have; outside the API it answers 400."""


class NoRoom(Unavailable, SuspiciousOperation):
    """The disk does not take what a request brings; outside the API it answers 400."""


class SpooledUpload(_UploadedFile):
    """An uploaded file: small ones in memory, others on disk until `close`, in the folder of this process.

    A request may bring a thousand files, so of those on disk only the one that is being read keeps a descriptor.
    """

    def __init__(self, name: str, content_type: str, charset: str | None, reading: "list[SpooledUpload]") -> None:
        self._label = name
        self._path: Path | None = None
        self._reading = reading
        self._handle: IO[bytes] | None = io.BytesIO()
        self._digest = hashlib.sha256()
        super().__init__(None, name, content_type, 0, charset)

    @property
    def name(self) -> str:
        """The client's own name, without a path; the base class would cut and change it."""
        return self._label

    @name.setter
    def name(self, name: str) -> None:
        pass

    @property
    def file(self) -> IO[bytes]:
        """The open file; opening it again closes the one of the same request that was read before."""
        if self._handle is None:
            if self._path is None:
                raise ValueError(f"The upload {self._label!r} is closed.")
            while self._reading:
                self._reading.pop()._release()
            self._handle = self._path.open("rb")
            self._reading.append(self)
        return self._handle

    @file.setter
    def file(self, file: IO[bytes] | None) -> None:
        pass

    @property
    def sha256(self) -> str:
        """Digest of the bytes so far, taken when they were written."""
        return self._digest.hexdigest()

    def append(self, block: bytes) -> None:
        """Write more bytes; beyond MEMORY_BYTES they go to disk. Raises OSError where that does not take them."""
        self._digest.update(block)
        handle = self.file
        if self._path is None and handle.tell() + len(block) > MEMORY_BYTES:
            disk = tempfile.NamedTemporaryFile(dir=scratch.folder(), delete=False)  # noqa: SIM115
            self._path = Path(disk.name)
            handle.seek(0)
            disk.write(handle.read())
            self._handle = handle = disk
        handle.write(block)

    def finish(self, size: int) -> None:
        """All `size` bytes are written."""
        self.size = size
        if self._path is None:
            self.file.seek(0)
        else:
            self._release()

    def hand_over(self, target: Path) -> bool:
        """Let the file on disk become `target` instead of a copy of it; False where the bytes are in memory."""
        if self._path is None:
            return False
        self._release()
        self._path.rename(target)
        self._path = None
        return True

    def close(self) -> None:
        """Throw the bytes away; twice is no harm."""
        with suppress(OSError):  # of a full disk, that the last of them cannot be written
            self._release()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()


class SpoolHandler(FileUploadHandler):
    """Takes the files of a request to one of RAG_UPLOAD_PATHS, and refuses those of any other.

    Stops reading at RAG_UPLOAD_BYTES a file and RAG_FILES_PER_UPLOAD files; does not begin beyond RAG_REQUEST_BYTES.
    Without `keep`, names are read and bytes thrown away.
    """

    chunk_size = 256 << 10

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.uploads: list[SpooledUpload] = []
        self.keep = True
        self._reading: list[SpooledUpload] = []
        self._wanted = any(re.fullmatch(path, request.path_info) for path in settings.RAG_UPLOAD_PATHS)

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        """A body begins: refuse it for its length before anything of it is read."""
        limit = settings.RAG_REQUEST_BYTES if self._wanted else settings.RAG_BODY_BYTES
        if content_length > limit:
            raise BodyTooLarge(
                f"The request has {content_length >> 20} MiB, and one may have {limit >> 20} MiB; send less at once."
            )

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file part begins."""
        super().new_file(*args, **kwargs)
        if not self._wanted:
            raise Unwanted("This address takes no files; send the fields alone.")
        if len(self.uploads) >= settings.RAG_FILES_PER_UPLOAD:
            self._drop()
            raise TooLarge(f"More than {settings.RAG_FILES_PER_UPLOAD} files in one request; send fewer at once.")
        self.uploads.append(SpooledUpload(self.file_name or "", self.content_type or "", self.charset, self._reading))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Bytes of the file that began last."""
        if start + len(raw_data) > settings.RAG_UPLOAD_BYTES:
            self._drop()
            limit = settings.RAG_UPLOAD_BYTES >> 20
            raise TooLarge(f"`{self.file_name}` is larger than the {limit} MiB that one file may have on this site.")
        if self.keep:
            self._write(self.uploads[-1].append, raw_data)

    def file_complete(self, file_size: int) -> SpooledUpload:
        """The file that began last is whole."""
        self._write(self.uploads[-1].finish, file_size)
        return self.uploads[-1]

    def upload_interrupted(self) -> None:
        """The body ended in the middle of a file: nothing of it counts."""
        self._drop()
        raise MultiPartParserError("The body ends in the middle of a file.")

    def _write(self, writing: Callable[[T], None], value: T) -> None:
        try:
            writing(value)
        except OSError as error:
            self._drop()
            log.error("an upload cannot be taken in: %s", error)
            raise NoRoom("The disk does not take the files in; try again later, or tell the site's operator.") from None

    def _drop(self) -> None:
        for upload in self.uploads:
            upload.close()


class UploadParser(BaseParser):
    """multipart/form-data as REST framework's `request.data` and `request.FILES`."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "DataAndFiles[Any, Any]":
        """Fields and files; raises MultiPartParserError on a malformed body, TooLarge beyond the limits."""
        request = (parser_context or {})["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        parser = _Multipart(meta, stream, request.upload_handlers, (parser_context or {}).get("encoding"))
        return DataAndFiles(*parser.parse())


class _Multipart(MultiPartParser):
    """Django's parser, but names keep their bytes: it would unescape HTML in them and drop what is not printable."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
        if not name:
            self._post.appendlist(FIELD, "")  # type: ignore[attr-defined]  # shows as a file without a name, see `uploaded_files`
        return name or None


def uploaded_files(request: Request, *, keep: bool = True) -> "list[UploadedFile[bytes]]":
    """The parts of a request named `file`, in their order; without `keep`, for their names only.

    Raises ArgumentError where there is none, or one without a file name. Django takes such a part for a form field;
    so does a client that sends text under the name `file`, and is told the same.
    """
    content_type: str = request.content_type or ""
    if not content_type.lower().startswith(UploadParser.media_type):
        raise ArgumentError("No file part!", data=False)
    for handler in request._request.upload_handlers:
        cast(SpoolHandler, handler).keep = keep
    sent = request.data  # a plain `{}` where there is no body
    parts = sent.getlist(FIELD) if isinstance(sent, QueryDict) else []
    if not parts:
        raise ArgumentError("No file part!", data=False)
    if any(isinstance(part, str) for part in parts):
        raise ArgumentError("No file selected!", data=False)
    return cast("list[UploadedFile[bytes]]", parts)
