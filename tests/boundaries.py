"""Every SQL statement, commit and call of the storage that a deed makes, in their order: to die there, or to fail.

Nothing of this is in the product: statements are seen by Django's execute wrappers, commits and the storage by
wrapping their methods. What other threads do (heartbeats) is not counted, for it would not come in the same order.
"""

import os
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from django.core.files.storage import Storage
from django.db import DEFAULT_DB_ALIAS, connection, connections

from documents.storage import AtomicFileSystemStorage

BEFORE, AFTER = "before", "after"
STORAGE = "storage"
COMMIT = "commit"

_CALLS = (
    (Storage, "save"),
    (AtomicFileSystemStorage, "exists"),
    (AtomicFileSystemStorage, "delete"),
    (AtomicFileSystemStorage, "size"),
    (AtomicFileSystemStorage, "open"),
    (os, "fsync"),  # what the storage does itself: a death in the middle of a save
    (Path, "rename"),
)


@contextmanager
def watched(act):
    """Call `act(when, what)` before and after everything of this thread that leaves the process, until the end.

    `what` is the statement, or COMMIT, or STORAGE with the call's name.
    """
    me = threading.get_ident()

    def around(what, call):
        if threading.get_ident() != me:
            return call()
        act(BEFORE, what)
        result = call()
        act(AFTER, what)
        return result

    def statement(execute, sql, params, many, context):
        return around(" ".join(str(sql).split()), lambda: execute(sql, params, many, context))

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(statement))
        database = connections[DEFAULT_DB_ALIAS]
        stack.enter_context(mock.patch.object(database, "_commit", _wrapped(database._commit, COMMIT, around)))
        for owner, name in _CALLS:
            stack.enter_context(
                mock.patch.object(owner, name, _wrapped(getattr(owner, name), f"{STORAGE} {name}", around))
            )
        yield


def _wrapped(call, what, around):
    def wrapper(*args, **kwargs):
        return around(what, lambda: call(*args, **kwargs))

    return wrapper
