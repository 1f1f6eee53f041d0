"""How the site is: version, settings that clients ask for, health (contract C.3)."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from system import health, heartbeats
from system.rest.envelope import Answer
from system.rest.views import OpenWebEdge, WebEdge

WIRE_VERSION = "v0.22.1"  # of the reference whose API this site speaks: what clients compare
_HEALTHZ = ("db", "redis", "doc_engine", "storage")
_STATUS = {"doc_engine": "doc_engine", "storage": "storage", "database": "db", "redis": "redis"}


class Version(WebEdge):
    """The version of the API."""

    @extend_schema(responses=str)
    def get(self, request: Request) -> Answer:
        """The version of the reference system that clients may take this site for."""
        return Answer(WIRE_VERSION)


class Config(OpenWebEdge):
    """What a login page must know."""

    @extend_schema(responses=dict[str, int])
    def get(self, request: Request) -> Answer:
        """Whether anybody may register."""
        return Answer({"registerEnabled": int(settings.RAG_REGISTRATION)})


class Ping(OpenWebEdge):
    """The web process lives."""

    @extend_schema(responses={(200, "text/plain"): str})
    def get(self, request: Request) -> HttpResponse:
        """`pong`."""
        return HttpResponse("pong", content_type="text/plain")


class Healthz(OpenWebEdge):
    """Whether every part is well, for probes."""

    @extend_schema(responses={(200, "application/json"): dict[str, Any], (503, "application/json"): dict[str, Any]})
    def get(self, request: Request) -> JsonResponse:
        """`ok` or `nok` for each part, without an envelope; 503 where any is not."""
        findings = health.run_all(_HEALTHZ)
        failing = [finding for finding in findings.values() if not finding.well]
        body: dict[str, Any] = {part: "ok" if finding.well else "nok" for part, finding in findings.items()}
        body["status"] = "nok" if failing else "ok"
        if not failing:
            return JsonResponse(body)
        body["_meta"] = {one.part: {"elapsed": f"{one.elapsed:.1f}", "error": one.error} for one in failing}
        reference = settings.RAG_HTTP_STATUS == "reference"
        return JsonResponse(body, status=HTTPStatus(500 if reference else 503))


class Status(WebEdge):
    """Health of the parts in detail, and the beats of the workers."""

    @extend_schema(responses=dict[str, Any])
    def get(self, request: Request) -> Answer:
        """`green` or `red` for each part; a failing part never fails the call."""
        findings = health.run_all(_HEALTHZ)
        report: dict[str, Any] = {name: _report(findings[part]) for name, part in _STATUS.items()}
        return Answer(report | {"task_executor_heartbeats": heartbeats.recent()})


def _report(finding: health.Finding) -> dict[str, Any]:
    report = {**finding.details, "status": "green" if finding.well else "red", "elapsed": f"{finding.elapsed:.1f}"}
    return report if finding.well else report | {"error": finding.error}
