import pytest

from system.models import Scope
from system.rest.permissions import WithinScope

pytestmark = pytest.mark.django_db

URL = "/api/v1/datasets"


@pytest.mark.parametrize(
    ("scopes", "writes", "deletes"),
    [(["read"], 403, 403), (["write"], 200, 403), (["admin"], 200, 200), (["read", "write"], 200, 403)],
    ids=["read", "write", "admin", "both"],
)
def test_a_token_reaches_as_far_as_its_scopes(api_as, owner, scopes, writes, deletes):
    client = api_as(owner, scopes=scopes)

    assert client.get(URL).status_code == 200
    assert client.post(URL, {"name": "x"}, format="json").status_code == writes
    assert client.delete(URL, {"ids": []}, format="json").status_code == deletes


def test_a_token_without_the_scope_is_told(api_as, owner):
    response = api_as(owner, scopes=[Scope.READ]).delete(URL, {"ids": None}, format="json")

    assert response.json() == {"code": 108, "message": WithinScope.message.format("admin")}


def test_a_view_whose_post_reads_says_so(owner, rf):
    from types import SimpleNamespace

    from tests.factories import APITokenFactory

    token = APITokenFactory(tenant=owner.tenant, scopes=[Scope.READ])
    request = SimpleNamespace(method="POST", auth=token)

    assert WithinScope().has_permission(request, SimpleNamespace(scope=Scope.READ))
    assert not WithinScope().has_permission(request, SimpleNamespace())
