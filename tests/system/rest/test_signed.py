"""Addresses that open without credentials, for a while and for what they were made for."""

from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework.response import Response
from rest_framework.test import APIClient

from system import accounts
from system.rest import signed as signing
from system.rest.authentication import SessionToken
from system.rest.signed import LIFETIME, SignedAddress, signed
from system.rest.views import WebEdge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("routes")]


class Who(WebEdge):
    """Tells who calls."""

    authentication_classes = [SignedAddress, SessionToken]

    def get(self, request, name):
        return HttpResponse(request.user.pk)

    def post(self, request, name):
        return Response()


urlpatterns = [path("v1/who/<str:name>", Who.as_view())]
REFUSED = {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}


@pytest.fixture
def routes():
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def visitor():
    return APIClient(raise_request_exception=False)


def refused(answer):
    return answer.status_code == 401 and answer.json() == REFUSED


@pytest.mark.parametrize("name", ["a.png", "with space", "ünï", "50%"])
def test_a_signed_address_speaks_for_the_user_it_was_made_for(visitor, owner, name):
    answer = visitor.get(signed(f"/v1/who/{quote(name)}", owner))

    assert (answer.status_code, answer.content.decode()) == (200, owner.pk)


def test_without_a_signature_the_other_credentials_count(visitor, web, owner):
    assert web.get("/v1/who/a").content.decode() == owner.pk
    assert refused(visitor.get("/v1/who/a"))


def test_a_signature_that_is_none_leaves_the_other_credentials_theirs(web, owner):
    assert web.get("/v1/who/a?signature=nonsense").content.decode() == owner.pk


def test_it_opens_no_other_address(visitor, owner):
    assert refused(visitor.get(signed("/v1/who/a", owner).replace("/who/a", "/who/b")))


def test_it_speaks_for_no_other_user(visitor, owner, stranger):
    assert refused(visitor.get(signed("/v1/who/a", owner).replace(owner.pk, stranger.pk)))


@pytest.mark.parametrize(
    "value",
    ["", ":", "::", "nonsense", "0" * 32, f"{'0' * 32}:1:2", "%00" * 32, "x" * 5000, "ß" * 32, "a:b:c:d"],
    ids=lambda value: value[:12],
)
def test_what_is_no_signature_opens_nothing(visitor, value):
    assert refused(visitor.get(f"/v1/who/a?signature={value}"))


def test_a_signature_that_was_tampered_with_opens_nothing(visitor, owner):
    address = signed("/v1/who/a", owner)

    assert refused(visitor.get(address[:-1] + ("A" if address[-1] != "A" else "B")))


def test_it_ends_with_its_time(visitor, owner, monkeypatch):
    address = signed("/v1/who/a", owner)
    real = signing.TimestampSigner.unsign
    monkeypatch.setattr(
        signing.TimestampSigner,
        "unsign",
        lambda self, value, max_age: real(self, value, max_age=max_age - LIFETIME - 1),
    )

    assert refused(visitor.get(address))


def test_it_ends_with_the_session_it_was_made_in(visitor, owner):
    address = signed("/v1/who/a", owner)

    accounts.open_session(owner)

    assert refused(visitor.get(address))


def test_it_ends_with_its_user(visitor, owner):
    address = signed("/v1/who/a", owner)
    owner.is_active = False
    owner.save()

    assert refused(visitor.get(address))


def test_it_only_reads(visitor, owner):
    assert refused(visitor.post(signed("/v1/who/a", owner)))
