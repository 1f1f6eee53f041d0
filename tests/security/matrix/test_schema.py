"""The OpenAPI description against the site: requests made of it, and answers held against it.

A few requests for each operation here, always the same ones; thousands with RAGSITE_FUZZ=all (`make fuzz`).
"""

import os
from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ragsite.wsgi import application
from tests.security.matrix.actors import REST, WEB
from tests.security.matrix.world import undone
from tests.urlconf import served

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]

ALL = os.environ.get("RAGSITE_FUZZ") == "all"
EACH = 45 if ALL else 6  # requests for an operation, of either mode
MODES = {"valid": schemathesis.GenerationMode.POSITIVE, "invalid": schemathesis.GenerationMode.NEGATIVE}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
    content_type_conformance,
]
OPERATIONS = sorted({(method, "/" + pattern.replace("<str:", "{").replace(">", "}")) for method, pattern in served()})
# Requests that have nothing in them, so that nothing in them can be wrong.
BARE = {f"/v1/{path}" for path in ("user/login/channels", "system/config", "system/ping", "system/healthz")}
CASES = [
    pytest.param(method, path, mode, id=f"{method} {path}, {name}")
    for method, path in OPERATIONS
    for name, mode in MODES.items()
    if mode is MODES["valid"] or path not in BARE
]
# Parts of paths that a parameter must not be: `DELETE /v1/kb/update` is about another route.
LITERALS = {part for _, path in OPERATIONS for part in path.split("/") if "{" not in part}


@pytest.fixture(scope="module")
def schema():
    described = SchemaGenerator().get_schema(request=None, public=True)
    loaded = schemathesis.openapi.from_dict(without_tuples(described))
    loaded.app = application
    return loaded


@pytest.fixture(scope="module", autouse=True)
def connection_kept():
    """The end of a request leaves the connection alone, whose transaction is the world's; Django's client does so."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_every_route_is_described(schema):
    described = {(operation.ok().method.upper(), operation.ok().path) for operation in schema.get_all_operations()}

    assert set(OPERATIONS) - described == set()


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_requests_made_of_the_description_are_answered_by_it(world, schema, calls, method, path, mode):
    operation = schema[path][method]
    known = known_ids(world)
    headers = credentials(world, path)

    @hypothesis.settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        derandomize=not ALL,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), aimed=st.booleans())
    def answered(case, aimed):
        hypothesis.assume(LITERALS.isdisjoint(map(str, (case.path_parameters or {}).values())))
        calls["requests made of the description"] += 1
        if aimed:
            aim(case, known)
        with undone():
            case.call_and_validate(headers=headers, checks=CHECKS)

    answered()


def without_tuples(node):
    """The description with lists of anything where it has tuples: schemathesis reads those in an older manner."""
    if isinstance(node, list):
        return [without_tuples(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {key: without_tuples(value) for key, value in node.items()}
    if "prefixItems" in node:
        node["items"] = {"anyOf": node.pop("prefixItems")}
    return node


def known_ids(world):
    """Ids that are there, by the names that the description gives them."""
    team = world.team
    names = {
        **dict.fromkeys(["dataset_id", "kb_id", "knowledge_id"], team.kb),
        **dict.fromkeys(["document_id", "doc_id"], team.doc),
        **dict.fromkeys(["tenant_id"], team.tenant),
        **dict.fromkeys(["kb_ids"], team.kb),
    }
    listed = {
        **{key: [team.kb] for key in ("dataset_ids", "ids")},
        **{key: [team.doc] for key in ("document_ids", "doc_ids")},
        "chunk_ids": [team.chunk],
    }
    return {
        **names,
        **listed,
        "chunk_id": team.chunk,
        "test_set_id": team.test_set,
        "evaluation_id": team.evaluation,
        "user_id": team.member,
        "image_id": f"{team.kb}-{team.image}",
    }


def aim(case, known):
    """Have a case name rows that are there, where it names any."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({key: known[key] for key in part.keys() & known.keys()})
    if isinstance(case.path_parameters, dict):
        case.path_parameters.update({key: quote(value) for key, value in case.path_parameters.items() if key in known})


def credentials(world, path):
    """The owner's."""
    actor = (WEB if path.startswith("/v1/") else REST)["owner"]
    return {"Authorization": actor.credentials(world)["HTTP_AUTHORIZATION"]}
