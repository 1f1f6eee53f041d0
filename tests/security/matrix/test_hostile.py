"""Hostile values at every place of every route: refused in the words of the contract, or taken; never a crash.

Here each place gets some of the values, all of them with RAGSITE_FUZZ=all (`make fuzz`).
"""

import itertools
import json
import os
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.security.matrix.actors import REST, WEB
from tests.security.matrix.places import Place, places, replaced
from tests.security.matrix.rows import Call, Row, call_of, filled
from tests.security.matrix.stages import STAGES
from tests.security.matrix.table import ROWS
from tests.security.matrix.values import ESCAPED, FRAGMENTS, HEADERS, SENT
from tests.security.matrix.world import undone

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]

EACH = 1 if os.environ.get("RAGSITE_FUZZ") == "all" else 16  # of how many values a place gets one
PAGE = {"HTTP_ACCEPT": "text/html"}  # the browsable API, a renderer of its own
FOUND = {200, 400, 401, 403, 404, 405, 409, 413, 415, 429}
LEAKS = ("Traceback (most", "psycopg", "site-packages", "/work", "SELECT ", "INSERT INTO", "DETAIL:")
_turn = itertools.count()


@pytest.fixture(params=ROWS, ids=lambda row: row.call)
def row(request):
    return request.param


@pytest.fixture
def target(world):
    return world.team.named()


@pytest.fixture
def tried(world, client, calls, row):
    """Send a call as the owner, hold the answer against the contract, and undo what it did."""

    def tried(call, **headers):
        calls["hostile calls"] += 1
        actor = (WEB if row.path.startswith("/v1/") else REST)["owner"]
        with undone():
            if row.before:
                STAGES[row.before](world, world.team)
            answer = call.send(client, **{**({} if row.open else actor.credentials(world)), **headers})
            sane(row, call, answer)

    return tried


def test_no_value_is_a_crash(row, target, tried):
    for place in places(row):
        for value in some(ESCAPED if place.part in {"path", "query"} else FRAGMENTS):
            tried(hostile_call(row, target, place, value))


def test_no_body_is_a_crash(row, target, tried):
    call = call_of(row, target)
    for kind, body in some(SENT):
        tried(replace(call, raw=body, content_type=kind))


def test_no_header_is_a_crash(row, target, tried):
    call = call_of(row, target)
    for headers in [PAGE, *some(HEADERS)]:
        tried(call, **headers)


def some(values):
    """The values whose turn it is: over the places of a run all of them come up."""
    start = next(_turn)
    return (value for number, value in enumerate(values) if (number + start) % EACH == 0)


def hostile_call(row: Row, target: dict[str, str], place: Place, value: str) -> Call:
    """The row's call with a value in a place."""
    call = call_of(row, target)
    if place.part == "path":
        pieces = [quote(filled(piece, target)) for piece in row.path.split("/")]
        pieces[int(place.way[0])] = value
        return replace(call, path="/".join(pieces))
    if place.part == "query":
        rest = [part for part in call.query.split("&") if part and not part.startswith(f"{place.way[0]}=")]
        return replace(call, query="&".join([*rest, f"{place.way[0]}={value}"]))
    if place.part == "form":
        text = json.loads(value).encode("utf-8", "surrogatepass") if value.startswith('"') else value.encode()
        was = filled(str((row.form or {})[str(place.way[0])]), target).encode()
        return replace(call, raw=call.raw.replace(was, text, 1))
    raw = replaced(filled(row.body, target), place.way, value)
    return replace(call, raw=raw, content_type="application/json")


def sane(row, call, answer):
    """The answer is one of the contract's: its status, its envelope, nothing of the inside."""
    shown = f"{call.method} {call.path[:200]}?{call.query[:200]} {call.raw[:200]!r}: {answer.status_code}"
    assert answer.status_code in FOUND, shown
    if answer.streaming or (row.bare and answer.status_code == 200):
        return
    text = answer.content.decode()
    told = [leak for leak in LEAKS if leak in text and leak not in call.said]
    assert told == [], shown
    if answer["Content-Type"].startswith("text/html"):  # the browsable API
        return
    body = answer.json()
    assert isinstance(body["code"], int), shown
    assert {*body} <= {"code", "message", "data", "total_datasets"}, shown
    assert "message" in body or (body["code"] == 0 and row.path.startswith("/api/")), shown
    assert (body["code"] == 0) == (answer.status_code == 200) or answer.status_code == 401, shown
