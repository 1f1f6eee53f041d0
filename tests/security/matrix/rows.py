"""What a row of the matrix says: how to call one route with valid ids, and what each kind of caller must get."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure: its HTTP status and its code in the body."""

    status: int
    code: int


NOAUTH = Refusal(403, 109)
OWNER103 = Refusal(403, 103)
NO_ROW = Refusal(404, 102)
LOOKUP = Refusal(404, 100)
LACKS = Refusal(403, 108)


class Same:
    """As a foreign caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to call a route. Ids are written `{kb}`, `{doc}` …, and filled in from a `Target`.

    `foreign` is what a caller gets who reaches none of the ids; None: a success, in which nothing of the other tenant
    shows. `mixed` is what a caller gets who sends own ids with foreign ones among them; `mate` what a member gets on a
    dataset of the team, `limited` a token of the owner that is limited to another dataset.
    """

    call: str  # "GET /api/v1/datasets/{kb}/documents"
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    content: str = "Otters are wet."  # of each file
    foreign: Refusal | None = None
    mixed: Refusal | type[Same] | None = Same
    mate: Refusal | type[Same] | None = None
    limited: Refusal | type[Same] | None = Same
    half: bool = False  # the contract has the own ids of a mixed list obeyed
    reads: bool = False  # changes nothing, though it is no GET
    writes: bool = False  # changes something, though it is one
    open: bool = False  # needs no login
    bare: bool = False  # answers without an envelope
    nobody: Refusal | None = None  # what a caller without good credentials gets, if not what they get everywhere
    cells: Mapping[str, Refusal | None] = field(default_factory=dict)  # what certain actors get, by their names
    shows: Mapping[str, frozenset[str]] = field(default_factory=dict)  # what certain actors see beyond their due
    before: str = ""  # what has to be so for the owner's call to succeed: a name in `stages`
    secrets: bool = False  # shows the owner secrets of their own
    also: tuple[str, ...] = ()  # more fields that hostile values are tried on

    @property
    def method(self) -> str:
        return self.call.split(" ")[0]

    @property
    def path(self) -> str:
        return self.call.split(" ")[1]

    @property
    def safe(self) -> bool:
        return self.reads or (self.method == "GET" and not self.writes)

    @property
    def named(self) -> list[str]:
        """The kinds of ids that the call names."""
        texts = repr((self.path, self.query, self.body, self.form))
        return [name for level in _LEVELS for name in level if f"{{{name}}}" in texts]

    @property
    def lists(self) -> bool:
        """Whether the call may name several ids of a kind."""
        sent = [*self.query.values(), *(self.body or {}).values()]
        return any(map(_several, sent))

    def expected(self, kind: str) -> Refusal | None:
        value = getattr(self, kind)
        return self.foreign if value is Same else value


def filled(template: Any, names: Mapping[str, str]) -> Any:
    """`template` with the ids of `names` in place of `{kb}` and the like, at any depth."""
    if isinstance(template, str):
        for name, value in names.items():
            template = template.replace(f"{{{name}}}", value)
        return template
    if isinstance(template, Mapping):
        return {filled(key, names): filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is ready to be sent."""

    method: str
    path: str
    query: str = ""
    raw: bytes = b""
    content_type: str = ""

    def send(self, client: Any, **headers: str) -> Any:
        kind = {"content_type": self.content_type} if self.content_type else {}
        return client.generic(self.method, self.path, self.raw, QUERY_STRING=self.query, **kind, **headers)

    @property
    def said(self) -> str:
        """All that the caller has said."""
        return f"{self.path} {self.query} {self.raw.decode(errors='replace')}"


def call_of(row: Row, names: Mapping[str, str], *, body: Any = None) -> Call:
    """The call of a row with these ids; `body` instead of its own."""
    path = quote(filled(row.path, names))
    query = urlencode(filled(row.query, names), doseq=True)
    if row.form is not None or row.files:
        parts = dict(filled(row.form or {}, names))
        parts["file"] = [SimpleUploadedFile(name, filled(row.content, names).encode()) for name in row.files]
        raw = encode_multipart(BOUNDARY, parts if row.files else filled(row.form or {}, names))
        return Call(row.method, path, query, raw, MULTIPART_CONTENT)
    content = body if body is not None else filled(row.body, names)
    if content is None:
        return Call(row.method, path, query)
    return Call(row.method, path, query, json.dumps(content).encode(), "application/json")


# Ids from those that stand for the most to those that stand for the least.
_LEVELS = (
    ("tenant",),
    ("kb", "member", "login", "invitee"),
    ("doc", "other_doc", "test_set"),
    ("chunk", "other_chunk", "token", "token_id", "image", "evaluation"),
)


def mixed_call(row: Row, own: Mapping[str, str], theirs: Mapping[str, str]) -> Call:
    """The call with an own id where it stands for the most, ids of others below it, and both in lists.

    A call that names one level and no list claims in its body to speak for the others.
    """
    used = [level for level in _LEVELS if set(level) & set(row.named)]
    kept = used[0] if used else ()
    names = {name: own[name] if name in kept else theirs[name] for name in own}
    query = {key: _both(value, own, theirs, names) for key, value in row.query.items()}
    body = row.body
    if isinstance(body, Mapping):
        body = {key: _both(value, own, theirs, names) for key, value in body.items()}
    if len(used) < 2 and not row.lists and not row.form and not row.files:
        body = {**_claims(theirs), **(body or {})}
    return call_of(replace(row, query=query, body=body), names)


def _several(value: Any) -> bool:
    """Whether a value lists ids: as a list, or with commas."""
    listed = isinstance(value, list) or (isinstance(value, str) and "," in value)
    return listed and any(f"{{{name}}}" in str(value) for level in _LEVELS for name in level)


def _both(value: Any, own: Mapping[str, str], theirs: Mapping[str, str], names: Mapping[str, str]) -> Any:
    if _several(value) and isinstance(value, list):
        return filled(value, own) + filled(value, theirs)
    if _several(value):
        return f"{filled(value, own)},{filled(value, theirs)}"
    return filled(value, names)


def _claims(theirs: Mapping[str, str]) -> dict[str, str]:
    owners = dict.fromkeys(["tenant_id", "user_id", "created_by"], theirs["tenant"])
    return {**owners, "id": theirs["kb"], "kb_id": theirs["kb"], "doc_id": theirs["doc"]}
