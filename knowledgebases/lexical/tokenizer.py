"""Text to search terms, for documents and questions alike (design: retrieval.md §2).

Terms of spaced scripts are stemmed words; those of scripts without spaces (Chinese, Japanese, Thai …) are characters
and pairs of characters, which needs no dictionary. Identifiers and numbers are kept whole and in parts: `user_id` is
found as `user_id`, `userId`, `user` and `id`. Any text in any language gives terms; nothing here can fail.
"""

import re
import threading
import unicodedata
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import Stemmer
import xxhash

REVISION = "1"
"""Changes whenever the same text may give other terms: indexed chunks must then be indexed anew."""

DIMENSIONS = 1 << 29
"""Length of the sparse vectors that terms are hashed into."""

_LONGEST = 64  # characters of a term; what is longer (base64, hashes run together) is cut, never dropped

# Words that say nothing about a text's subject. Longer than Lucene's 33, which scored lower on every collection.
_STOP = (
    "a about above after again against all also am an and any are as at be because been before being below between "
    "both but by can could d did do does doing down during each few for from further had has have having he her here "
    "hers herself him himself his how i if in into is it its itself just ll me more most my myself no nor not now of "
    "off on once only or other our ours ourselves out over own re s same she should so some such t than that the "
    "their theirs them themselves then there these they this those through to too under until up ve very was we were "
    "what when where which while who whom why will with would you your yours yourself yourselves"
)
STOP_WORDS = frozenset(_STOP.split())

# Letters with the marks that may follow them, by script. Python's `\w` knows neither scripts nor marks.
_MARKS = r"\u0300-\u036f"
_LATIN = (
    r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff"
    r"\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a" + _MARKS
)
_SPACED = {
    "greek": r"\u0370-\u0373\u0376-\u037d\u037f\u0386\u0388-\u03ff\u1f00-\u1ffc" + _MARKS,
    "cyrillic": r"\u0400-\u052f\u1c80-\u1c88\u2de0-\u2dff\ua640-\ua69f" + _MARKS,
    "armenian": r"\u0531-\u0556\u0559\u0561-\u0588",
    "hebrew": r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u05d0-\u05ea\u05ef-\u05f2\ufb1d-\ufb4f",
    "arabic": r"\u0610-\u061a\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06df-\u06e8\u06ea-\u06ef\u06fa-\u06ff"
    r"\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdfb\ufe70-\ufefc",
    "devanagari": r"\u0900-\u0963\u0971-\u097f",
    "tamil": r"\u0b82-\u0bd7",
}
_UNSPACED = {
    "cjk": r"\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd",
    "hangul": r"\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb",
    "southeast": r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u109f\u1780-\u17d3",
}
_WORD = rf"(?:[{_LATIN}]|\d)+"
_OTHER = rf"[^\W\d_{_LATIN}{''.join([*_SPACED.values(), *_UNSPACED.values()])}]"
_PATTERN = re.compile(
    "|".join(
        [
            rf"(?P<latin>{_WORD}(?:[-_.,:/@]{_WORD})*(?:\+\+|\#(?!\w))?)",
            *(rf"(?P<{name}>[{letters}]+)" for name, letters in {**_SPACED, **_UNSPACED}.items()),
            rf"(?P<other>{_OTHER}(?:{_OTHER}|[\u0980-\u0dff{_MARKS}])*)",
        ]
    )
)
_PARTS = re.compile(rf"[{_LATIN}]+|\d+")
_JOINERS = re.compile(r"[-_.,:/@+#]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SOFT_JOINER = re.compile(r"(?<=\D)[-_]|[-_](?=\D)")  # user_id, user-id and userId are one name; 2024-01 is not 202401
_UNIT = re.compile(  # a character with the marks that belong to it
    r".[\u0300-\u036f\u3099\u309a\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    r"\u102b-\u103e\u1056-\u1059\u17b4-\u17d3]*"
)

_LATIN_NAMES = (
    "basque catalan czech danish dutch english esperanto estonian finnish french german hungarian indonesian irish "
    "italian lithuanian norwegian polish portuguese romanian sesotho spanish swedish turkish"
)
_LATIN_LANGUAGES = frozenset(_LATIN_NAMES.split())
_DEFAULT_STEMMER = {  # of a script whose words are not of the dataset's own language
    "latin": "english",
    "greek": "greek",
    "cyrillic": "russian",
    "armenian": "armenian",
    "hebrew": "",
    "arabic": "arabic",
    "devanagari": "hindi",
    "tamil": "tamil",
}
_OWN_STEMMER = {"serbian": "cyrillic", "nepali": "devanagari", "yiddish": "hebrew", "persian": "arabic"}
_CODES = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "nb": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "sr": "serbian", "sv": "swedish", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

_local = threading.local()  # a Snowball stemmer must not be used by two threads at once


def terms(text: str, language: str = "English") -> list[str]:
    """Terms of `text` in order, repeats included. `language` (name or ISO 639-1 code) chooses how words are stemmed."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    language = _plain(language)
    found: list[str] = []
    for match in _PATTERN.finditer(text):
        found += _terms_of(match[0], match.lastgroup or "other", language)
    return found


def marked(text: str, language: str = "English") -> Iterator[tuple[int, int, list[str]]]:
    """Stretches of `text` with the terms they give, as (start, end, terms), in order: what highlighting needs."""
    language = _plain(language)
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "other"
        if kind in _UNSPACED:
            yield from _marked_units(match)
        else:
            word = match[0] if match[0].isascii() else unicodedata.normalize("NFKC", match[0])
            yield match.start(), match.end(), _terms_of(word, kind, language)


def stemming(language: str) -> tuple[str, ...]:
    """The stemmers that `language` chooses, script by script; languages with equal ones give equal terms."""
    return tuple(_algorithm(script, _plain(language)) for script in _DEFAULT_STEMMER)


def salted(term: str, dataset: str) -> int:
    """32-bit signed hash of `term` within `dataset`: posting lists of datasets never meet, so none pays for others."""
    value = zlib.crc32(term.encode("utf-8", "surrogatepass"), zlib.crc32(dataset.encode()))
    return value - (1 << 32) if value >= 1 << 31 else value


def dimension(term: str) -> int:
    """Dimension of `term` in the sparse vectors, from 0, the same in every dataset; the text form counts from 1."""
    return xxhash.xxh32_intdigest(term.encode("utf-8", "surrogatepass")) & (DIMENSIONS - 1)


def _plain(language: str) -> str:
    name = language.strip().lower()
    return _CODES.get(name[:2], name) if len(name) == 2 or name[2:3] in ("-", "_") else name


def _marked_units(run: re.Match[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Each character of a run with itself and the pairs that it is part of."""
    units = list(_UNIT.finditer(run[0]))
    texts = [_fold(unit[0]) for unit in units]
    for place, unit in enumerate(units):
        pairs = [first + second for first, second in pairwise(texts[max(0, place - 1) : place + 2])]
        yield run.start() + unit.start(), run.start() + unit.end(), [texts[place], *pairs]


def _fold(term: str) -> str:
    return term if term.isascii() else unicodedata.normalize("NFKC", term).lower()


def _terms_of(word: str, kind: str, language: str) -> list[str]:
    if kind == "latin":
        return _known(word, language) if len(word) <= _LONGEST else _latin(word, language)
    if kind in _UNSPACED:
        units = _UNIT.findall(word.lower())
        return units + [first + second for first, second in pairwise(units)]
    return [_stem(word.lower()[:_LONGEST], _algorithm(kind, language))]


@lru_cache(maxsize=1 << 16)
def _known(word: str, language: str) -> list[str]:
    """`_latin` of a word met before; callers must not change the list. Few words make up most of any text."""
    return _latin(word, language)


def _latin(word: str, language: str) -> list[str]:
    """Terms of a word of Latin letters and digits, which may be an identifier or a number with joiners inside."""
    algorithm = _algorithm("latin", language)
    if word.isalpha() and not _HUMP.search(word):
        return _kept([word.lower()], algorithm)
    if _THOUSANDS.fullmatch(word):
        word = word.replace(",", "")
    parts = [part for piece in _PARTS.findall(word) for part in _HUMP.split(piece)]
    found = _kept([part.lower() for part in parts], algorithm)
    if _is_identifier(word):
        whole = _SOFT_JOINER.sub("", word.lower())[:_LONGEST]
        found = [whole, *(term for term in found if term != whole)]
    return found


def _is_identifier(word: str) -> bool:
    """Whether `word` is more than its parts: hyphens and slashes of plain words join nothing."""
    if any(character.isdigit() for character in word) or _HUMP.search(word):
        return True
    return any(joiner in "_.@:+#" for joiner in _JOINERS.findall(word))


def _kept(words: list[str], algorithm: str) -> list[str]:
    if algorithm == "english":
        words = [word for word in words if word not in STOP_WORDS]
    return [_stem(word[:_LONGEST], algorithm) for word in words]


def _algorithm(script: str, language: str) -> str:
    """The Snowball algorithm for words of `script` in a dataset of `language`; empty for none."""
    if (script == "latin" and language in _LATIN_LANGUAGES) or _OWN_STEMMER.get(language) == script:
        return language
    return _DEFAULT_STEMMER.get(script, "")


@lru_cache(maxsize=1 << 14)
def _stem(word: str, algorithm: str) -> str:
    if not algorithm:
        return word
    stemmers: dict[str, Stemmer.Stemmer] = _local.__dict__
    if algorithm not in stemmers:
        stemmers[algorithm] = Stemmer.Stemmer(algorithm, 0)
    return str(stemmers[algorithm].stemWord(word))
