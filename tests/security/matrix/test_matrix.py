"""Every route, called by everybody who might: what they are answered, what shows, and what changes."""

import re

import pytest
from django.apps import apps

from tests.security.matrix import world as worlds
from tests.security.matrix.actors import Fate
from tests.security.matrix.rows import Refusal, call_of, mixed_call
from tests.security.matrix.stages import STAGES
from tests.security.matrix.table import ROWS, actors_of, fates
from tests.security.matrix.world import ME, PERSON, TEAM, THIRD, digest, undone
from tests.urlconf import METHODS, route_of, served

pytestmark = pytest.mark.django_db

CELLS = [pytest.param(row, name, id=f"{row.call}, {name}") for row in ROWS for name in actors_of(row)]
OTHERS = sorted({(method, route) for _, route in served() for method in METHODS} - {*served()})
ENOUGH = 700
CANARIES = (ME, TEAM, THIRD, PERSON)
NO_METHOD = {"code": 100, "message": "<MethodNotAllowed '405: Method Not Allowed'>", "data": None}


def test_every_route_has_a_row():
    names = worlds.nobody().named()
    listed = {(row.method, route_of(call_of(row, names).path)) for row in ROWS}

    assert sorted(set(served()) - listed) == [], "routes without a row"
    assert sorted(listed - set(served())) == [], "rows without a route"


def test_every_table_is_watched():
    ours = [apps.get_app_config(name).get_models() for name in ("system", "knowledgebases", "documents")]

    assert {model._meta.label for models in ours for model in models} == {*worlds.PLACES, *worlds.SHARED}


def test_there_are_enough_cells(capsys):
    with capsys.disabled():
        print(f"\npermission matrix: {len(CELLS)} cells, {len(ROWS)} rows, {len(set(served()))} routes")

    assert len(CELLS) >= ENOUGH


@pytest.mark.parametrize(("row", "name"), CELLS)
def test_cell(world, client, log, row, name):
    with undone():
        tried = Try(world, client, row, name)
        begun = log.tell()
        answer = tried.answer()
        said = log.getvalue()[begun:]

        assert outcome(row, answer) in fates(row, name), answer.content[:300]
        tried.untouched()
    unseen(tried, answer, said)
    if tried.comparable:
        with undone():
            unknown = Try(world, client, row, name, unknown=True)
            assert unknown.wire(unknown.answer()) == tried.wire(answer)


@pytest.mark.parametrize(("method", "route"), OTHERS)
def test_other_methods_are_refused_before_anybody_is_known(world, client, method, route):
    answer = client.generic(method, "/" + re.sub("<str:[a-z_]+>", "x", route))

    assert (answer.status_code, answer.json()) == (405, NO_METHOD)


class Try:
    """One call by one actor, and all that is held against it."""

    def __init__(self, world, client, row, name, *, unknown=False):
        self.world, self.client, self.row = world, client, row
        self.actor = actor = actors_of(row)[name]
        self.refused = None not in fates(row, name)
        self.shown = actor.shown | row.shows.get(name, frozenset())
        # Who shows a password to an open route is its owner.
        self.is_owner = actor.fate is Fate.OWNER or (row.open and row.secrets)
        target = getattr(world, actor.target)
        if row.before:
            STAGES[row.before](world, target)
            STAGES[row.before](world, world.own)
        self.named_by_row = name in row.cells
        self.headers = dict(actor.credentials(world))
        if user := self.headers.pop("cookie_of", None):
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.names = (worlds.nobody() if unknown else target).named()
        own = world.own.named()
        self.mixed = actor.fate is Fate.MIXED
        self.call = mixed_call(row, own, self.names) if self.mixed else call_of(row, self.names)
        self.watched = None if unknown else self.fingerprints()

    def answer(self):
        return self.call.send(self.client, **self.headers)

    @property
    def comparable(self):
        """Whether the same has to be said of unknown ids."""
        if self.actor.fate in {Fate.OWNER, Fate.REFUSED, Fate.READER} or self.row.open or self.named_by_row:
            return False
        return bool(self.row.named) and (self.refused or not (self.actor.shown or self.mixed))

    def fingerprints(self):
        """Of all rows that this call may not change; None: it may change any of Anna's."""
        anna, bert = self.world.anna.pk, self.world.bert.pk
        if self.refused or self.row.safe:
            return digest(anna), digest(bert) if self.mixed and not self.row.half else None
        if self.row.open or self.actor.fate is Fate.OWNER:
            return None
        if not self.row.named or (self.actor.fate in {Fate.FOREIGN, Fate.MIXED} and not self.named_by_row):
            return digest(anna)
        beyond = [self.world.me, self.world.team if self.actor.fate is Fate.LIMITED else self.world.third]
        return digest(anna, kbs=[target.kb for target in beyond])

    def untouched(self):
        """Nothing has changed that may not."""
        assert self.fingerprints() == self.watched

    def wire(self, answer):
        """The answer, byte by byte, with names in place of the ids that were asked for."""
        body = b"".join(answer) if answer.streaming else answer.content
        for name in self.names if self.mixed else self.row.named:
            body = body.replace(self.names[name].encode(), f"{{{name}}}".encode())
        headers = {key: value for key, value in answer.items() if key not in {"Content-Length", "Date", "Expires"}}
        return answer.status_code, answer.reason_phrase, headers, body


def outcome(row, answer):
    """How a call was answered: None is a success."""
    if answer.status_code == 200:
        assert row.bare or answer.json()["code"] == 0
        return None
    return Refusal(answer.status_code, answer.json()["code"])


def unseen(tried, answer, said):
    """Nothing shows, in the answer or in the log, that is not the caller's to see; secrets show in no log."""
    _, reason, headers, body = tried.wire(answer)
    heard = b" ".join([reason.encode(), repr(headers).encode(), body]).lower()
    for mark in CANARIES:
        assert tried.is_owner or mark in tried.shown or mark.encode() not in heard, f"{mark} in {heard[:500]!r}"
        assert mark not in said, said
    for secret in tried.world.sealed:
        assert secret not in said
        assert secret.lower().encode() not in heard
    for secret in tried.world.secrets:
        assert (tried.is_owner and tried.row.secrets) or secret.lower().encode() not in heard
        assert secret not in said
