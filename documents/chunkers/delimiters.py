"""The `delimiter` of a parser_config: its grammar, and paragraphs cut at it."""

import re
from collections.abc import Iterator

from documents.chunkers.cuts import ends_sentence, sentence_ends, skip_blank
from documents.chunkers.pieces import Seam
from system.errors import DocumentFault, FaultCode

_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}
_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPES)))
_QUOTED = re.compile("`([^`]+)`")
_MOST_QUOTED = 64
"""Delimiters between backticks: each is tried at every character."""


def delimiter_pattern(delimiter: str) -> re.Pattern[str] | None:
    r"""A pattern of runs of delimiters; None where there is none.

    Each character is a delimiter, a run between backticks is one of several characters; the two characters `\n`
    (likewise `\t` and `\r`) mean the control character. Raises `DocumentFault` over 64 runs between backticks.
    """
    plain = _ESCAPE.sub(lambda match: _ESCAPES[match[0]], delimiter)
    quoted = sorted(set(_QUOTED.findall(plain)), key=lambda run: (-len(run), run))
    if len(quoted) > _MOST_QUOTED:
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"parser_config.delimiter has {len(quoted)} delimiters between backticks: at most {_MOST_QUOTED} are"
            " possible, leave some out and parse again",
        )
    single = sorted(set(_QUOTED.sub("", plain)))
    choices = [re.escape(run) for run in quoted]
    if single:
        choices.append(f"[{''.join(map(re.escape, single))}]")
    return re.compile(f"(?:{'|'.join(choices)})+") if choices else None


def clauses(
    text: str, start: int, end: int, *, pattern: re.Pattern[str] | None, printed: bool
) -> Iterator[tuple[int, int]]:
    """Where a paragraph may be cut, as (offset of a non-blank character, seam before it), ascending.

    At delimiters and at the ends of sentences. A line break inside a sentence is a mere wrap: `printed` says that the
    lines are those of a page.
    """
    seams = {skip_blank(text, offset, end): int(Seam.SENTENCE) for offset in sentence_ends(text, start, end)}
    for match in pattern.finditer(text, start, end) if pattern else ():
        offset = skip_blank(text, match.end(), end)
        wrapped = match[0].isspace() and (printed or text[offset : offset + 1].islower())
        if wrapped and not ends_sentence(text, start, match.start()):
            seams.setdefault(offset, Seam.WRAP)
        else:
            seams[offset] = Seam.DELIMITER
    yield from sorted(seams.items())
