"""The log of a task: dated lines, oldest first, of which the database keeps the last ones (migration 0010_parts)."""

from django.db.models import F, Func, TextField, Value
from django.utils import timezone


def line(text: str) -> str:
    """A line of a progress log."""
    return f"{timezone.localtime():%H:%M:%S} {text}"


def logged(lines: str) -> Func:
    """What `Task.log` is to be with dated `lines` after what it holds: the last 100 lines, and at most 8 kB of them."""
    return Func(F("log"), Value(lines), function="rag_log", output_field=TextField())
