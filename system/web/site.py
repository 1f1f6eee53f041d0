"""How the site is: version, settings that clients ask for, health (contract C.3)."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from system import health, heartbeats
from system.errors import Unavailable
from system.rest.envelope import Answer
from system.rest.views import OpenWebEdge, WebEdge
from system.web.site_output import FailingReport, SiteConfig, StatusReport, WellReport

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

    @extend_schema(responses=SiteConfig)
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

    @extend_schema(responses={(200, "application/json"): WellReport, (503, "application/json"): FailingReport})
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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say at once that nobody can be recognised, instead of waiting for a database that does not answer."""
        if not health.run_all(["db"])["db"].well:
            raise Unavailable(
                "The database does not answer, so nobody can log in; /v1/system/healthz tells how the site is.",
                headers={"Retry-After": "5"},
            )
        super().initial(request, *args, **kwargs)

    @extend_schema(responses=StatusReport)
    def get(self, request: Request) -> Answer:
        """`green` or `red` for each part; a failing part never fails the call."""
        findings = health.run_all(_HEALTHZ)
        report: dict[str, Any] = {name: _report(findings[part]) for name, part in _STATUS.items()}
        beats = heartbeats.recent() if findings["redis"].well else {}  # a server that hangs is waited for once
        return Answer(report | {"task_executor_heartbeats": beats})


def _report(finding: health.Finding) -> dict[str, Any]:
    report = {**finding.details, "status": "green" if finding.well else "red", "elapsed": f"{finding.elapsed:.1f}"}
    return report if finding.well else report | {"error": finding.error}
