"""File storage in a bucket, of Amazon S3 or of a server that speaks its protocol."""

import base64
import io
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from documents.blobs import sha256_of
from system.errors import Unavailable

log = logging.getLogger(__name__)

PUT_SECONDS = 1500.0  # to store one; well within the time after which the sweeper takes it for given up
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 30.0  # without a byte
_TRIES = 3
_BUFFER = 256 << 10  # bytes
_CONNECTIONS = 32  # kept open; more than a web process has threads


class ObjectStorage(S3Storage):  # type: ignore[misc]  # an untyped library
    """S3Storage whose objects appear whole or not at all, are never written over, and stream out.

    One request stores an object, and with it goes the digest of the bytes, which the server compares: nothing is left
    of a request that was cut off, as of an upload in parts it would be. Reading a missing object raises
    FileNotFoundError; whatever else goes wrong raises Unavailable, since it says nothing of the object.
    """

    def __init__(self, **options: Any) -> None:
        style = options.pop("addressing_style", None)
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            max_pool_connections=_CONNECTIONS,
            tcp_keepalive=True,
            signature_version="s3v4",
            # Checksums of the library's own choice travel in a form that not every server understands.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": style},
        )
        super().__init__(client_config=config, **options)
        self._shared: tuple[int, Any] | None = None

    @property
    def connection(self) -> Any:
        """One for all threads of a process, which use nothing of it but its client; the base class has one for each."""
        if self._shared is None or self._shared[0] != os.getpid():
            resource = self._create_session().resource(
                "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
            )
            self._shared = os.getpid(), resource
        return self._shared[1]

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        """Bytes of an object."""
        size: int = self._head(name)["ContentLength"]
        return size

    def get_modified_time(self, name: str) -> datetime:
        """When an object was stored."""
        moment: datetime = self._head(name)["LastModified"]
        return moment

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is none to remove."""
        with _truthful(name):
            self._client.delete_object(**self._address(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files below `name`."""
        with _truthful(name):
            folders, files = super().listdir(name)
        return folders, files

    def _head(self, name: str) -> Mapping[str, Any]:
        with _truthful(name):
            try:
                head: Mapping[str, Any] = self._client.head_object(**self._address(name))
            except ClientError as error:
                if error.response["Error"]["Code"] != "404":
                    raise
                self._client.head_bucket(Bucket=self.bucket_name)  # a missing bucket is told by the same number
                raise FileNotFoundError(name) from None
            return head

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _address(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        with _truthful(name):
            answer = self._client.get_object(**self._address(name))
        stored = File(io.BufferedReader(_Stored(name, answer["Body"]), _BUFFER), name=name)
        stored.size = answer["ContentLength"]
        return stored

    def _save(self, name: str, content: "File[Any]") -> str:
        digest = base64.b64encode(bytes.fromhex(sha256_of(content))).decode()
        with _truthful(name):
            try:
                self._client.put_object(
                    **self._address(name),
                    Body=_Sent(content),
                    ContentLength=content.size,
                    ContentType=self.default_content_type,
                    ChecksumSHA256=digest,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                # The key is fresh: what is there came from a try of this very request whose answer was lost.
                if error.response["Error"]["Code"] != "PreconditionFailed" or self.size(name) != content.size:
                    raise
        return name


class _Sent:
    """The bytes of a file on their way out, for no longer than PUT_SECONDS."""

    def __init__(self, file: "File[Any]") -> None:
        self._file, self._until = file, time.monotonic() + PUT_SECONDS
        file.seek(0)

    def __len__(self) -> int:
        return self._file.size

    def read(self, count: int = -1) -> bytes:
        if time.monotonic() > self._until:
            raise TimeoutError(f"not stored within {PUT_SECONDS:g} s")
        data: bytes = self._file.read(count)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)  # type: ignore[no-any-return]

    def tell(self) -> int:
        return self._file.tell()  # type: ignore[no-any-return]


class _Stored(io.RawIOBase):
    """The bytes of an object as they come in."""

    def __init__(self, name: str, body: IO[bytes]) -> None:
        self._name, self._body = name, body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _truthful(self._name):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _truthful(name: str) -> Iterator[None]:
    """Tell a missing object from a storage that does not answer, or refuses; messages hold no secret."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey":
            raise FileNotFoundError(name) from None
        log.warning("the file storage refuses %s of %s: %s", error.operation_name, name, code)
        raise Unavailable(
            f"The file storage refuses what it is asked for ({code}). Try again later, or tell the site's operator.",
            headers={"Retry-After": "5"},
        ) from error
    except (BotoCoreError, TimeoutError) as error:
        log.warning("the file storage does not answer for %s: %s", name, error)
        raise Unavailable("The file storage does not answer; try again later.", headers={"Retry-After": "5"}) from error
