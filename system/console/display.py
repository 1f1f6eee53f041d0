"""Pieces of HTML that the console's lists show; everything that comes from outside is escaped."""

from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil


class Tone(StrEnum):
    """The colours of a badge."""

    PLAIN = "plain"
    BUSY = "busy"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


def badge(text: str, tone: Tone) -> SafeString:
    """A short word on a coloured ground."""
    return format_html('<span class="rs-badge rs-{}">{}</span>', tone, text)


def live(key: str, content: object, *, running: bool = False) -> SafeString:
    """`content` that the page keeps up to date under its `key` as long as anything on it is `running`."""
    mark = SafeString(" data-running") if running else SafeString("")
    return format_html('<span class="rs-live" data-live="{}"{}>{}</span>', key, mark, content)


def bar(fraction: float, tone: Tone) -> SafeString:
    """A progress bar with its percentage; `fraction` in 0..1, anything below counts as 0."""
    percent = round(100 * min(max(fraction, 0.0), 1.0))
    return format_html(
        '<span class="rs-bar rs-{}"><progress max="100" value="{}" aria-label="progress"></progress>'
        "<span>{} %</span></span>",
        tone,
        percent,
        percent,
    )


def line(text: str, *, length: int = 90) -> SafeString:
    """One line of text, cut to `length` characters; the whole of it on hover."""
    flat = " ".join(text.split())
    shown = flat if len(flat) <= length else f"{flat[: length - 1]}…"
    return format_html('<span class="rs-line" title="{}">{}</span>', text[:2000], shown)


def link(url: str, text: object) -> SafeString:
    """A link in the console."""
    return format_html('<a class="rs-link" href="{}">{}</a>', url, text)


def ago(moment: datetime | None, *, never: str = "never") -> SafeString:
    """How long ago or ahead a moment is; the time itself on hover."""
    if moment is None:
        return format_html('<span class="rs-dim">{}</span>', never)
    past = moment <= timezone.now()
    distance = (timesince(moment, depth=1) if past else timeuntil(moment, depth=1)).replace("\xa0", " ")
    shown = "just now" if distance.startswith("0 ") else f"{distance} ago" if past else f"in {distance}"
    stamp = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<span class="rs-line" title="{}">{}</span>', stamp, shown)
