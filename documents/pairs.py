"""Chunks of the `qa` method: a question and its answer in one text (contract E.4)."""

import re

from system.errors import DataError

_SEPARATOR = re.compile(r"[\n\t]")
_LABEL = re.compile(
    r"^(?:问题|答案|回答|question|answer|user|assistant|[qa问答])\s*[:：]\s*",
    re.IGNORECASE,
)
_CHINESE = re.compile("[\u4e00-\u9fff]")


def joined(text: str) -> str:
    """A pair typed in as two parts, parted by a newline or tab, as `Question: …<TAB>Answer: …`.

    Labels that the parts bring along (`Q:`, `Answer:`) are taken off first; Chinese text gets Chinese labels. Raises
    DataError where there are not exactly two parts of more than one character.
    """
    parts = [part for part in _SEPARATOR.split(text) if len(part.strip()) > 1]
    if len(parts) != 2:
        raise DataError("Q&A must be separated by TAB/ENTER key.")
    question, answer = (_LABEL.sub("", part.strip()) for part in parts)
    if _CHINESE.search(question):
        return f"问题：{question}\t回答：{answer}"
    return f"Question: {question}\tAnswer: {answer}"
