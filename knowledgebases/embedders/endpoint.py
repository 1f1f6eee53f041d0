"""The HTTP endpoint of a model: where it is, with which key and how long it is asked, and what its refusals mean."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from knowledgebases.embedders.replies import fault_of
from system.errors import Misconfigured
from system.transport import MAX_BYTES, Answer


class Caller(Protocol):
    """What is needed of `system.transport.Transport`."""

    def post_json(self, url: str, payload: Any, *, headers: dict[str, str], timeout: float, max_bytes: int) -> Answer:
        """Post JSON; see the transport for what it raises."""


class Passing(Protocol):
    """What is needed of `knowledgebases.embedders.gate.Gate`."""

    def passing(self) -> AbstractContextManager[None]:
        """Entered for each request; raises Suspended where it is not to be made now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model behind `base_url` (up to and including /v1, as a rule).

    `timeout` is of one request, in seconds; `max_bytes` of one answer. Every request goes through `gate`, if there is
    one.
    """

    base_url: str
    model: str
    api_key: str = field(repr=False)
    model_id: str
    transport: Caller = field(repr=False)
    timeout: float = 60
    max_bytes: int = MAX_BYTES
    gate: Passing | None = field(default=None, repr=False)

    def url(self, path: str) -> str:
        """The address of `path`, which people may have entered with the base already."""
        return self.base_url.rstrip("/").removesuffix(path) + path

    def ask(self, path: str, payload: dict[str, Any]) -> Any:
        """The JSON that is answered to `payload`.

        Raises Unavailable where trying again may help, Suspended where the gate is shut, else Misconfigured.
        """
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        with self.gate.passing() if self.gate else nullcontext():
            answer = self.transport.post_json(
                self.url(path), payload, headers=headers, timeout=self.timeout, max_bytes=self.max_bytes
            )
            if answer.status != 200:
                raise fault_of(answer, self.model, self.api_key)
        return answer.json()

    def nonsense(self, path: str, what: str, expected: str) -> Misconfigured:
        """The error for an answer that cannot be what an endpoint of that kind gives."""
        return Misconfigured(f"{self.url(path)} answers {what}. Check that it is {expected}.")
