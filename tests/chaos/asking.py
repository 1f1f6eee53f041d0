"""A client that does not give up: what a request without an answer has done is found out, and it is made again."""

import contextlib
import time
from dataclasses import dataclass, replace
from typing import Any

import httpx

from tests.flows.live import Site, account

PATIENCE = 45.0  # seconds for one answer: longer than any process is stopped
TRIES_SECONDS = 120.0  # after that many the site counts as gone


class Gone(Exception):
    """The site did not answer for so long that something must be broken."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `again` tells that an earlier try of the same had none, and `vague` that it may still come true."""

    code: int
    data: Any
    message: str
    again: bool
    vague: bool

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.code == 0


class Asking:
    """A user of the REST API."""

    def __init__(self, site: Site, number: int) -> None:
        own = replace(site, email=f"user{number}@example.org", password="correct horse")
        own.token = account(own)
        limits = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=2.0)
        self._client = httpx.Client(
            base_url=f"{site.url}/api/v1",
            headers={"Authorization": f"Bearer {own.token}"},
            timeout=PATIENCE,
            limits=limits,
        )
        self.unanswered = 0

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def __call__(self, method: str, path: str, **content: Any) -> Reply:
        """The first definite answer."""
        deadline = time.monotonic() + TRIES_SECONDS
        again = vague = False
        while True:
            try:
                answer = self._client.request(method, path, **content)
                if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    time.sleep(0.5)  # a definite answer: nothing was done, come again
                    continue
                if answer.status_code < 500:
                    return _reply(answer, again=again, vague=vague)
            except httpx.TimeoutException:
                vague = True
            except httpx.TransportError:
                pass  # a killed process: what it was doing is done or rolled back
            self.unanswered += 1
            again = True
            if time.monotonic() > deadline:
                raise Gone(f"{method} {path} had no answer for {TRIES_SECONDS:.0f} s")
            time.sleep(0.3)


def _reply(answer: httpx.Response, *, again: bool, vague: bool) -> Reply:
    body: dict[str, Any] = {}
    with contextlib.suppress(ValueError):
        body = answer.json()
    return Reply(body.get("code", answer.status_code), body.get("data"), body.get("message", ""), again, vague)
