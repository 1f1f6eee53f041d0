"""File storage on a disk where a file appears whole or not at all."""

import os
import tempfile
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from system import scratch


@runtime_checkable
class Movable(Protocol):
    """A file that may lie on the same disk already."""

    def hand_over(self, target: Path) -> bool:
        """Let it become `target` instead of a copy; False where it has to be copied."""


class AtomicFileSystemStorage(FileSystemStorage):
    """FileSystemStorage that writes to the folder of its process, syncs, and renames.

    Whatever is killed meanwhile leaves nothing among the stored files. That folder is on the same disk
    (RAG_SCRATCH_DIR), so an upload that was spooled there is not copied at all.
    """

    def _save(self, name: str, content: "File[Any]") -> str:
        target = Path(self.path(name))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=scratch.folder(), delete=False) as file:
            temporary = Path(file.name)
            try:
                _fill(file, temporary, content)
                temporary.chmod(0o600)
                temporary.rename(target)
                for folder in (target.parent, target.parent.parent):  # the names, too, must survive a power loss
                    _sync(folder, os.O_DIRECTORY)
            finally:
                temporary.unlink(missing_ok=True)
        return name

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files of stored things; what is on its way in is none of them."""
        folders, files = super().listdir(path)
        return [folder for folder in folders if not folder.startswith(".")], files


def _fill(file: IO[bytes], path: Path, content: "File[Any]") -> None:
    """Put the bytes of `content` into the open and empty `file` at `path`, and have them survive a power loss."""
    if isinstance(content, Movable) and content.hand_over(path):
        _sync(path)
        return
    for chunk in content.chunks():
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())


def _sync(path: Path, flags: int = 0) -> None:
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
