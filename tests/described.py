"""What an API answers, held against its OpenAPI description."""

import json
import re
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.test import Client
from django.urls import Resolver404
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

_API = re.compile(r"/(?:api/)?v1/")


@cache
def description():
    """The OpenAPI document of the site, as JSON has it."""
    with GENERATOR_STATS.silence():
        return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def path_of(route):
    """A route of the URLconf, as the document writes it."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def resolved(node):
    """What a reference leads to."""
    while "$ref" in node:
        reference = node["$ref"].removeprefix("#/").split("/")
        node = description()
        for key in reference:
            node = node[key]
    return node


def deviations(response):
    """Where an answer is not what the document says of it; nothing for what it does not describe.

    Not described are other methods (405), unknown paths (404), pages for people, and the statuses of the reference.
    """
    operation = _operation(response)
    if operation is None or settings.RAG_HTTP_STATUS != "truthful":
        return []
    status = str(response.status_code)
    if status not in operation["responses"]:
        return [f"status {status} is not described"]
    content = resolved(operation["responses"][status])["content"]
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind == "text/html" and kind not in content:
        return []
    if kind not in content:
        return [f"{kind} is not described for {status}"]
    if kind != "application/json" or response.streaming:
        return []
    schema = {**content[kind]["schema"], "components": description()["components"]}
    errors = Draft202012Validator(schema).iter_errors(json.loads(response.content))
    return [f"{status} {error.json_path}: {error.message[:200]}" for error in errors]


def _operation(response):
    request = response.wsgi_request
    if not _API.match(request.path_info) or response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return None
    try:
        route = response.resolver_match.route
    except (Resolver404, AttributeError):
        return None
    return description()["paths"].get(path_of(route), {}).get(request.method.lower())


def check_answers(monkeypatch):
    """Have every answer that a test gets be as the document says; for as long as the test lasts."""
    send = Client.request

    def request(client, **environ):
        answer = send(client, **environ)
        assert deviations(answer) == []
        return answer

    monkeypatch.setattr(Client, "request", request)
