"""What an API token can be limited to; the app that owns datasets tells which of them a tenant reaches."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from system.errors import ArgumentError, NotFound

if TYPE_CHECKING:
    from system.models import Tenant

DATASETS = 1000  # of one token


class Reach(Protocol):
    """Finds what a tenant's owner may read."""

    def __call__(self, tenant: "Tenant") -> Mapping[str, str]:
        """Names of the datasets by id, in the order to offer them in."""


_reach: Reach = lambda tenant: {}  # noqa: E731 -- a site without the app that has datasets has none


def register(reach: Reach) -> None:
    """Have `reach` tell of datasets; the last one registered counts."""
    global _reach
    _reach = reach


def datasets_of(tenant: "Tenant") -> Mapping[str, str]:
    """Names of the datasets that a token of `tenant` can be limited to, by id."""
    return _reach(tenant)


def checked(tenant: "Tenant", wanted: Iterable[str], *, kept: Iterable[str] = ()) -> list[str]:
    """The ids, each once, of datasets that `tenant` reaches; those in `kept` are passed over, deleted ones too.

    Raises ArgumentError where there is none, or too many: an empty limit would open nothing, and must never be taken
    for no limit. Raises NotFound for a dataset out of reach, foreign and unknown alike.
    """
    ids = list(dict.fromkeys(wanted))
    if not ids:
        raise ArgumentError("A token that is limited to datasets needs one at least.")
    if len(ids) > DATASETS:
        raise ArgumentError(f"A token may be limited to {DATASETS:,} datasets; these are {len(ids):,}.")
    known = datasets_of(tenant).keys() | set(kept)
    if unknown := [one for one in ids if one not in known]:
        raise NotFound(f"There is no dataset {', '.join(one[:64] for one in unknown[:3])} in this tenant's reach.")
    return ids
