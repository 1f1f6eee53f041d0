"""Secrets at rest and on screen: sealed with the site's keys, masked wherever a person or a log may look."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from system.errors import Misconfigured


class Secret(str):
    """A string that does not show itself in `repr`, so that no trace, log or debugger prints it by accident.

    It is the value where a value is needed (headers, comparison, `str.join`); format it with `mask` for people.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('…')"


def seal(text: str) -> str:
    """`text` encrypted and authenticated with the first of the site's keys."""
    return _keys().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> Secret:
    """The text that was sealed with any of the site's keys; `Misconfigured` if none opens it."""
    try:
        return Secret(_keys().decrypt(sealed.encode()).decode())
    except InvalidToken as error:
        raise Misconfigured(
            "A stored secret cannot be opened with this site's keys. Put the key it was sealed with back into "
            "RAGSITE_FIELD_KEYS, or enter the secret anew."
        ) from error


def reseal(sealed: str) -> str:
    """The same secret under the first key: what rotating keys does to every stored value; keeps the time of sealing."""
    try:
        return _keys().rotate(sealed.encode()).decode("ascii")
    except InvalidToken as error:
        raise Misconfigured("A stored secret cannot be opened with any key of RAGSITE_FIELD_KEYS.") from error


def mask(text: str) -> str:
    """A secret as people may see it: its last 4 characters if it is long enough to keep the rest secret."""
    return "••••" + text[-4:] if len(text) >= 16 else "••••" if text else ""


def _keys() -> MultiFernet:
    return _fernet(tuple(settings.RAG_FIELD_KEYS))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    cure = (
        "Generate one with `python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`."
    )
    if not keys:
        raise Misconfigured(f"RAGSITE_FIELD_KEYS holds no key, so secrets cannot be stored. {cure}")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise Misconfigured(f"RAGSITE_FIELD_KEYS holds something that is no Fernet key. {cure}") from error
