"""Where text may be cut: delimiters, ends of sentences, words, characters. Every function is linear in the text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_BLANK = re.compile(r"\s*")
_SPACE = re.compile(r"\s")
_CLOSERS = r"\"'”’»)\]」』）】"
# A full stop needs blank space after it and neither a single letter (initials, "e.g.") nor a usual abbreviation before;
# CJK marks end a sentence wherever they stand.
_SENTENCE = re.compile(
    rf"(?:(?<!\b[^\W\d_])(?<!\b(?:Mr|Ms|Dr|St|No|vs|al|cf))(?<!\b(?:Mrs|Fig|Eqs))\.|[!?…])[{_CLOSERS}]*(?=\s)"
    rf"|[。！？；｡][{_CLOSERS}]*"
)
_ENDS_SENTENCE = re.compile(rf"[.!?:;…。！？；：｡][{_CLOSERS}]*\s*\Z")
_ENDS_IN_COLON = re.compile(r"[:：]\s*\Z")
_LOOK_BACK = 64
_TAIL = 8
_CLUSTER = 30
"""Most characters that combine with one base (UAX #15, Stream-Safe Text Format); a longer sequence may be cut."""
_ZWJ = "\u200d"


def cut(text: str, start: int, end: int, at: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Spans of [start, end), cut at the offsets `at` (ascending), that hold all its non-blank characters.

    Each starts with a non-blank character and ends at most 8 blank ones after its last: line breaks are tokens to some
    tokenizers, endless blank space is nothing to anyone.
    """
    begin = skip_blank(text, start, end)
    for offset in at:
        if offset <= begin:
            continue
        offset = skip_blank(text, offset, end)
        if offset >= end:
            break
        yield begin, _trimmed(text, begin, offset)
        begin = offset
    if begin < end:
        yield begin, _trimmed(text, begin, end)


def skip_blank(text: str, start: int, end: int) -> int:
    """Offset of the first non-blank character of [start, end), or `end`."""
    match = _BLANK.match(text, start, end)
    return match.end() if match else start


def _trimmed(text: str, start: int, end: int) -> int:
    return min(end, start + len(text[start:end].rstrip()) + _TAIL)


def ends_in_colon(text: str, start: int, end: int) -> bool:
    """Whether a colon ends the span, blank space apart."""
    return _ENDS_IN_COLON.search(text, max(start, end - _LOOK_BACK), end) is not None


def ends_sentence(text: str, start: int, end: int) -> bool:
    """Whether the span ends like a sentence, blank space apart."""
    return _ENDS_SENTENCE.search(text, max(start, end - _LOOK_BACK), end) is not None


def sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets after the sentences of [start, end)."""
    return (match.end() for match in _SENTENCE.finditer(text, start, end))


def line_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets after the lines of [start, end)."""
    while (start := text.find("\n", start, end) + 1) > 0:
        yield start


def word_ends(text: str, start: int, end: int, size: int) -> Iterator[int]:
    """Offsets that cut [start, end) between words into spans of at most `size` characters, more for a longer word."""
    while start + size < end:
        stop = max(text.rfind(blank, start, start + size + 1) for blank in " \n\t")
        if stop <= start:
            match = _SPACE.search(text, start + size, end)
            stop = match.start() if match else end
        if (start := skip_blank(text, stop, end)) < end:
            yield start


def character_ends(text: str, start: int, end: int, size: int) -> Iterator[int]:
    """Offsets that cut [start, end) every `size` characters, or a little later where that would part a combination."""
    offset = start + size
    while offset < end:
        limit = min(end, offset + _CLUSTER)
        while offset < limit and (_combine(text[offset - 1], text[offset]) or _inside_flag(text, start, offset)):
            offset += 1
        if offset < end:
            yield offset
        start = offset
        offset += size


def _combine(left: str, right: str) -> bool:
    """Whether two neighbouring characters may print as one: roughly the extended grapheme clusters of UAX #29."""
    return (
        _ZWJ in (left, right)
        or unicodedata.category(right).startswith("M")
        or "\udc00" <= right <= "\udfff"  # the second half of a pair that a decoder let through
        or "\u1160" <= right <= "\u11ff"  # Hangul vowels and finals
        or "\U0001f3fb" <= right <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= right <= "\U000e007f"  # tags of regional flags
    )


def _inside_flag(text: str, start: int, offset: int) -> bool:
    """Whether a cut would part the two letters of a flag; `start` is the cut before."""
    letters = offset
    while letters > start and _is_flag_letter(text[letters - 1]):
        letters -= 1
    return (offset - letters) % 2 == 1 and _is_flag_letter(text[offset])


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
