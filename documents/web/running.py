"""Starting and stopping the parsing of documents (contract C.5 "document/run", E.5)."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents import queueing
from documents.models import Document, Run
from documents.rest.watching import WAIT_HERE, asked_wait, permit_of, told_by_header
from documents.watching.settling import Wait
from documents.watching.streams import Target
from documents.web.document_input import IdsInput
from documents.web.reach import InDocuments
from system.errors import ArgumentError, Conflict
from system.rest.envelope import Answer
from system.rest.refusing import Switch, Text

_FAILURES = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _run(value: Any) -> Run:
    """Start or stop; numbers and texts are alike."""
    if str(value) not in {Run.RUNNING, Run.CANCEL}:
        raise ArgumentError('"run" must be either 1 or 2!', data=False)
    return Run(str(value))


def _delete(value: Any) -> bool:
    """A boolean or what plainly stands for one: too much would be lost by a guess."""
    spelled = str(value).lower()
    if spelled not in {"true", "1", "false", "0", "none", ""}:
        raise ArgumentError('"delete" must be either true or false!', data=False)
    return spelled in {"true", "1"}


class RunInput(IdsInput):
    """Documents to start or stop."""

    run = Text(_run, help_text="`1`: start; `2`: stop.")
    delete = Switch(_delete, absent=False, help_text="Forget what there is before starting: message, chunks, edits.")


class RunningViewSet(InDocuments):
    """Start and stop the parsing of documents; every member may who reaches them."""

    queryset = Document.objects.only("pk")  # of thousands: their metadata and configs may be large

    fails_with: ClassVar = {"run": [*_FAILURES, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(request={"application/json": RunInput}, parameters=[WAIT_HERE], responses=bool)
    def run(self, request: Request) -> Answer:
        """Start documents, or stop those that run: all that are named, each once, or none where one is out of reach.

        A document that is done, and was made from what it would be made from now, is done again at once.
        """
        value = self.checked(RunInput, "doc_ids", "run")
        ids = [document.pk for document in self.all_reached(value["doc_ids"])] if value["doc_ids"] else []
        if value["run"] == Run.RUNNING:
            return Answer(True, headers=self._start(request, ids, delete=value["delete"]))
        if queueing.stop(ids) < len(ids):
            raise Conflict("Cannot cancel a task that is not in RUNNING status")
        return Answer(True)

    def _start(self, request: Request, ids: list[str], *, delete: bool) -> dict[str, str]:
        """Start, and wait where that is asked for; returns the headers that tell how it ended."""
        if "wait" not in request.query_params:
            queueing.run(ids, delete=delete)
            return {}
        kb_ids = Document.objects.filter(pk__in=ids).values_list("kb_id", flat=True).distinct()
        target = Target(datasets=frozenset(kb_ids), documents=frozenset(ids))
        with Wait(target, permit_of(request), asked_wait(request.query_params)) as wait:
            queueing.run(ids, delete=delete)
            return told_by_header(wait)
