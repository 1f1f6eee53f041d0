from http import HTTPStatus

import pytest
from django.db import OperationalError
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from system.errors import ArgumentError, DataError, Forbidden, NotFound, TooMany, Unavailable
from system.rest.envelope import Answer, Envelope, wire_status
from system.rest.failures import Refused, Unhandled
from system.rest.views import Edge


def answer(get, envelope=Envelope.REST, **headers):
    class View(Edge):
        authentication_classes = []
        permission_classes = []

        def get(self, request):
            result = get()
            return result

    View.envelope = envelope
    response = View.as_view()(APIRequestFactory().get("/", **headers))
    response.render()
    return response


def raising(error):
    def get():
        raise error

    return get


@pytest.mark.parametrize(
    ("envelope", "response", "body"),
    [
        (Envelope.REST, lambda: Response([1]), b'{"code":0,"data":[1]}'),
        (Envelope.REST, lambda: Response(), b'{"code":0}'),
        (Envelope.REST, lambda: Answer([], beside={"total_datasets": 0}), b'{"code":0,"data":[],"total_datasets":0}'),
        (Envelope.REST, lambda: Response(False), b'{"code":0,"data":false}'),
        (Envelope.WEB, lambda: Response([1]), b'{"code":0,"message":"success","data":[1]}'),
        (Envelope.WEB, lambda: Response(), b'{"code":0,"message":"success","data":null}'),
        (Envelope.WEB, lambda: Answer(1, message="hi"), b'{"code":0,"message":"hi","data":1}'),
        (Envelope.BARE, lambda: Answer({"records": []}), b'{"records":[]}'),
    ],
)
def test_a_success_is_put_into_the_envelope_of_its_view(envelope, response, body):
    assert answer(response, envelope).content == body


@pytest.mark.parametrize(
    ("envelope", "error", "status", "body"),
    [
        (Envelope.REST, DataError("no"), 400, b'{"code":102,"message":"no"}'),
        (Envelope.WEB, DataError("no"), 400, b'{"code":102,"message":"no","data":null}'),
        (Envelope.WEB, Forbidden("no", data=False), 403, b'{"code":108,"message":"no","data":false}'),
        (Envelope.REST, NotFound("no"), 404, b'{"code":102,"message":"no"}'),
        (Envelope.REST, Refused("no", data=False), 401, b'{"code":109,"message":"no","data":false}'),
        (Envelope.REST, Unhandled("KeyError('x')"), 400, b'{"code":100,"message":"KeyError(\'x\')","data":null}'),
        (Envelope.BARE, NotFound("no"), 404, b'{"code":404,"message":"no"}'),
        (Envelope.BARE, Refused("no", data=False), 401, b'{"code":401,"message":"no"}'),
        (Envelope.BARE, Unavailable("no"), 503, b'{"code":503,"message":"no"}'),
        (Envelope.BARE, ArgumentError("no"), 400, b'{"code":101,"message":"no"}'),
        (Envelope.BARE, Unhandled("KeyError('x')"), 400, b'{"code":100,"message":"KeyError(\'x\')","data":null}'),
    ],
)
def test_a_failure_is_put_into_the_envelope_of_its_view(envelope, error, status, body):
    response = answer(raising(error), envelope)

    assert (response.status_code, response.content) == (status, body)


def test_a_bug_shows_a_reference_number_and_its_trace_is_in_the_log(caplog):
    response = answer(raising(RuntimeError("secret detail: unauthorized /etc/passwd")))

    body = response.content.decode()
    assert response.status_code == 500
    assert '"code":100' in body
    assert "secret" not in body
    reference = body.split("reference ")[1][:8]
    assert reference in caplog.text
    assert "secret detail" in caplog.text


def test_a_bug_behind_a_bare_answer_is_told_with_its_status():
    response = answer(raising(RuntimeError("secret detail")), Envelope.BARE)

    assert response.status_code == 500
    assert response.content.startswith(b'{"code":500,"message":"Something went wrong')
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound("no"), 404), (RuntimeError(), 500), (ArgumentError("no"), 200)], ids=str
)
def test_a_bare_answer_keeps_the_status_that_is_its_code_in_the_reference_manner_too(settings, error, status):
    settings.RAG_HTTP_STATUS = "reference"

    assert answer(raising(error), Envelope.BARE).status_code == status


def test_a_database_that_does_not_answer_may_be_asked_again(caplog):
    response = answer(raising(OperationalError("server closed the connection at 10.0.0.1")))

    assert response.status_code == 503
    assert response["Retry-After"] == "1"
    assert b"10.0.0.1" not in response.content
    assert b'"code":105' in response.content


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("no"), 200),
        (Refused("no"), 200),
        (RuntimeError(), 200),
        (TooMany("no"), 429),
        (Unavailable("no"), 503),
    ],
    ids=["data", "refused", "bug", "too many", "unavailable"],
)
def test_the_reference_manner_answers_200_wherever_the_reference_does(settings, error, status):
    settings.RAG_HTTP_STATUS = "reference"

    assert answer(raising(error)).status_code == status


def test_success_is_200_in_either_manner(settings):
    for manner in ("truthful", "reference"):
        settings.RAG_HTTP_STATUS = manner
        assert wire_status(HTTPStatus.OK) == 200


@pytest.mark.parametrize("accept", ["application/xml", "image/png", "*/*", "text/plain;q=0.1"])
def test_json_is_what_everybody_gets_who_does_not_ask_for_a_page(accept):
    response = answer(lambda: Response(1), HTTP_ACCEPT=accept)

    assert response["Content-Type"] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", [{}, {"HTTP_AUTHORIZATION": "Bearer ragflow-unknown"}], ids=["no token", "bad token"]
)
def test_a_browser_without_credentials_gets_a_page_with_a_link_to_the_login(client, header):
    response = client.get("/api/v1/datasets", HTTP_ACCEPT="text/html", **header)

    assert response.status_code == 401
    assert response["Content-Type"].startswith("text/html")
    assert b"/api/login?next=" in response.content


@pytest.mark.django_db
def test_a_browser_with_a_session_gets_the_envelope_as_a_page(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    response = client.get("/api/v1/datasets", HTTP_ACCEPT="text/html")

    assert response.status_code == 200
    assert b"total_datasets" in response.content


@pytest.mark.django_db
def test_options_names_the_methods(api):
    assert api.options("/api/v1/datasets").json()["data"]["methods"] == ["GET", "POST", "DELETE", "HEAD", "OPTIONS"]
