"""All rows, and who calls them."""

from collections.abc import Mapping

from tests.security.matrix import actors, rest, web_documents, web_knowledgebases, web_system
from tests.security.matrix.actors import Actor, Fate
from tests.security.matrix.rows import Refusal, Row

ROWS: list[Row] = [*rest.ROWS, *web_system.ROWS, *web_knowledgebases.ROWS, *web_documents.ROWS]

# The code of the body tells the three reasons apart on the REST API, two of them by zero (contract A.5).
_UNKNOWN_CALLER = {Refusal(401, 0), Refusal(401, 109)}
_NO_SESSION = {Refusal(401, 401)}
_NO_SCOPE = Refusal(403, 108)


def actors_of(row: Row) -> Mapping[str, Actor]:
    """Who calls a route: tokens on the REST API, sessions on the web API."""
    return actors.WEB if row.path.startswith("/v1/") else actors.REST


def fates(row: Row, name: str) -> set[Refusal | None]:
    """What the actor of that name may be answered; None is a success."""
    actor = actors_of(row)[name]
    if name in row.cells:
        return {row.cells[name]}
    if row.open or actor.fate is Fate.OWNER:
        return {None}
    if actor.fate is Fate.REFUSED and row.nobody:
        return {row.nobody}
    if actor.fate is Fate.REFUSED:
        return _NO_SESSION if actors_of(row) is actors.WEB else _UNKNOWN_CALLER
    if actor.fate is Fate.READER:
        return {None if row.safe else _NO_SCOPE}
    return {row.expected(actor.fate.value)}
