"""What a deed refuses to somebody at the console, a queue that is full for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from system.errors import RagError


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """Tell of what the block's deed refuses; what was done before the block stays done."""
    try:
        yield
    except RagError as error:
        messages.error(request, error.message)
