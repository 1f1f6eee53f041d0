"""A database for a benchmark, which goes when that has ended."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test.utils import setup_databases, teardown_databases


@contextmanager
def database() -> Iterator[None]:
    """Work in a database of one's own."""
    before = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    try:
        yield
    finally:
        teardown_databases(before, verbosity=0)
