"""A storage that is not on this machine: a file is read by opening it there, and has no path."""

from django.core.files.storage import Storage

from documents.storage import AtomicFileSystemStorage


class Distant(Storage):
    """Keeps its files on a disk that it tells nobody of."""

    def __init__(self, *, location, **options):
        self._disk = AtomicFileSystemStorage(location=location, **options)

    def _save(self, name, content):
        return self._disk._save(name, content)

    def _open(self, name, mode="rb"):
        return self._disk.open(name, mode)

    def exists(self, name):
        return self._disk.exists(name)

    def delete(self, name):
        self._disk.delete(name)

    def size(self, name):
        return self._disk.size(name)

    def listdir(self, path):
        return self._disk.listdir(path)

    def get_modified_time(self, name):
        return self._disk.get_modified_time(name)
