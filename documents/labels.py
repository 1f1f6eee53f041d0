"""What of the names that clients send is shown: a label, never a path."""

import re
import unicodedata

from system.errors import ArgumentError

NAME_BYTES = 255
# Marks that change the direction of what follows: they make `exe.txt` out of `txt.exe`.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_IN_PATHS = re.compile(r"[^A-Za-z0-9_\-/]")


def clean_name(name: str) -> str:
    """The label a file name leaves: its bytes, without path, control and bidi characters (contract A.0.11).

    Raises ArgumentError where nothing is left, or more than NAME_BYTES bytes of UTF-8.
    """
    label = _label(name)
    if not label:
        raise ArgumentError("No file selected!", data=False)
    check_length(label)
    return label


def typed_name(name: str) -> str:
    """The same of a name that somebody typed in, for a document without a file. Raises ArgumentError."""
    check_length(name)
    if not (label := _label(name)):
        raise ArgumentError("File name can't be empty.", data=False)
    return label


def check_length(name: str) -> None:
    """Raise ArgumentError where a name has more than NAME_BYTES bytes of UTF-8."""
    if len(name.encode()) > NAME_BYTES:
        raise ArgumentError("File name must be 255 bytes or less.", data=False)


def clean_folder(parent_path: str) -> str:
    """What of `parent_path` shows in locations: letters, digits, `_`, `-`, and folders that lead down."""
    if len(parent_path) > NAME_BYTES:
        raise ArgumentError(f"`parent_path` may have {NAME_BYTES} characters; this one has {len(parent_path)}.")
    return "/".join(filter(None, _NOT_IN_PATHS.sub("", parent_path).split("/")))


def _label(name: str) -> str:
    """What of a name may be shown; empty where that is nothing, or a folder."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    label = "".join(char for char in base if char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs"})
    return "" if label.strip() in {"", ".", ".."} else label
