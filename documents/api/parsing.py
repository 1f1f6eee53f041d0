"""/api/v1/datasets/{dataset_id}/chunks: starting and stopping to parse documents (contract B.2)."""

from http import HTTPStatus
from itertools import takewhile
from typing import ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import queueing
from documents.api.dataset_scope import InDataset
from documents.api.document_output import Partly
from documents.models import Document, Run, Task
from documents.rest.watching import WAIT_HERE, asked_wait, permit_of, told_by_header
from documents.watching.settling import Wait
from documents.watching.streams import Target
from knowledgebases.models import Knowledgebase
from system.errors import Conflict, DataError, NotFound
from system.rest.bodies import lenient_object
from system.rest.envelope import Answer
from system.rest.refusing import Texts, ids, repeated

_FAILURES = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


class WantedInput(serializers.Serializer[None]):
    """The documents to start or stop."""

    document_ids = Texts(ids(DataError("`document_ids` should be a list")), absent=None)

    def validate_document_ids(self, given: list[str]) -> list[str]:
        """At least one."""
        if not given:
            raise DataError("`document_ids` is required")
        return given


class ParsingViewSet(InDataset):
    """Start and stop the parsing of documents."""

    fails_with: ClassVar = {"start": [*_FAILURES, HTTPStatus.TOO_MANY_REQUESTS]}

    @extend_schema(request={"application/json": WantedInput}, parameters=[WAIT_HERE], responses=Partly)
    def start(self, request: Request, dataset_id: str) -> Answer:
        """Start to parse documents; what is searchable of one stays so until its new chunks are complete."""
        kb = self.dataset()
        wanted, errors = self._wanted(request)
        known = self._known(kb, wanted)
        target = Target(datasets=frozenset([kb.pk]), documents=frozenset(known))
        with Wait(target, permit_of(request), asked_wait(request.query_params)) as wait:
            if queueing.start_idle([one for one in wanted if one in known]):
                raise Conflict("Can't parse document that is currently being processed")
            if unknown := [one for one in wanted if one not in known]:
                raise NotFound(f"Documents not found: {unknown}")
            headers = told_by_header(wait) if "wait" in request.query_params else {}
        return Answer({"success_count": len(wanted), "errors": errors} if errors else None, headers=headers)

    @extend_schema(request={"application/json": WantedInput}, responses=Partly)
    def stop(self, request: Request, dataset_id: str) -> Answer:
        """Stop to parse documents, in turn up to the first that cannot be stopped; what was searchable stays so."""
        kb = self.dataset()
        wanted, errors = self._wanted(request)
        known = self._known(kb, wanted)
        ahead = list(takewhile(self._under_way(known).__contains__, wanted))
        stopped = queueing.stop(ahead, failed=True)
        if len(ahead) < len(wanted) and (one := wanted[len(ahead)]) not in known:
            raise NotFound(f"You don't own the document {one}.")
        if stopped < len(wanted):
            raise Conflict("Can't stop parsing document with progress at 0 or 1")
        return Answer({"success_count": len(wanted), "errors": errors} if errors else None)

    def _under_way(self, known: set[str]) -> set[str]:
        """Those at a progress other than 0 and 1: they are being processed, or have failed."""
        open_tasks = Task.objects.open().filter(document__in=known)
        rows = Document.objects.filter(pk__in=known)
        return set(rows.filter(Q(pk__in=open_tasks.values("document")) | Q(run=Run.FAIL)).values_list("pk", flat=True))

    def _wanted(self, request: Request) -> tuple[list[str], list[str]]:
        given = WantedInput(data=lenient_object(request))
        given.is_valid(raise_exception=True)
        return repeated(given.validated_data["document_ids"], "document")

    def _known(self, kb: Knowledgebase, wanted: list[str]) -> set[str]:
        return set(self.documents(kb).filter(pk__in=wanted).values_list("pk", flat=True))
