import pytest

from system.models import Membership, Role, Tenant

pytestmark = pytest.mark.django_db

INFO, SET = "/v1/user/tenant_info", "/v1/user/set_tenant_info"
DONE = {"code": 0, "message": "success", "data": True}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}
MODELS = {
    "llm_id": "glm-4-flash@ZHIPU-AI",
    "embd_id": "BAAI/bge-small-en-v1.5@Builtin",
    "asr_id": "",
    "img2txt_id": "glm-4v@ZHIPU-AI",
    "tts_id": None,
}


@pytest.fixture
def setup(web, owner):
    """Set the owner's tenant up; returns the answer."""

    def setup(client=web, **changed):
        return client.post(SET, {"tenant_id": owner.pk, **MODELS, **changed}, format="json")

    return setup


def test_the_tenant_is_the_one_that_the_caller_owns(web_as, owner, teammate, django_assert_num_queries):
    client = web_as(teammate)

    with django_assert_num_queries(2):
        data = client.get(INFO).json()["data"]

    assert set(data) == {
        *("tenant_id", "name", "llm_id", "embd_id", "rerank_id", "asr_id", "img2txt_id", "tts_id"),
        *("parser_ids", "role"),
    }
    assert (data["tenant_id"], data["name"], data["role"]) == (teammate.pk, "teammate‘s Kingdom", "owner")
    assert data["parser_ids"].startswith("naive:General,")


def test_a_user_without_tenant_has_none_to_show(web, owner):
    owner.tenant.delete()

    answer = web.get(INFO)

    assert (answer.status_code, answer.json()) == (404, {"code": 102, "message": "Tenant not found!", "data": None})


def test_models_are_set_as_they_are_named(setup, web):
    assert setup().json() == DONE

    data = web.get(INFO).json()["data"]
    assert {key: data[key] for key in MODELS} == MODELS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rerank_id", "r@x"),
        ("tts_id", "t@x"),
        ("name", "Otters"),
        ("parser_ids", "naive:General"),
        ("embd_id", "no one's"),
    ],
)
def test_other_columns_may_come_along(setup, web, name, value):
    assert setup(**{name: value}).json() == DONE
    assert web.get(INFO).json()["data"][name] == value


@pytest.mark.parametrize("name", ["credit", "public_key", "role", "status", "id"])
def test_columns_that_are_not_the_owners_to_set_are_passed_over(setup, owner, name):
    before = Tenant.objects.values("credit", "public_key", "id", "owner").get(pk=owner.pk)

    assert setup(**{name: "x"}).json() == DONE
    assert Tenant.objects.values("credit", "public_key", "id", "owner").get(pk=owner.pk) == before


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({}, "tenant_id,asr_id,embd_id,img2txt_id,llm_id"),
        ({"tenant_id": "x", "embd_id": None}, "asr_id,img2txt_id,llm_id"),
    ],
)
def test_missing_keys_are_named(web, sent, missing):
    answer = web.post(SET, sent, format="json")

    assert answer.json() == {"code": 101, "message": f"required argument are missing: {missing}; ", "data": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("llm_id", "x" * 129),
        ("embd_id", None),
        ("asr_id", 1),
        ("img2txt_id", ["x"]),
        ("tts_id", "x" * 257),
        ("rerank_id", {}),
        ("name", ""),
        ("name", "n" * 101),
        ("parser_ids", "x" * 257),
        ("owner", "x"),
    ],
)
def test_a_value_that_no_column_takes_changes_nothing(setup, owner, name, value):
    before = Tenant.objects.values().get(pk=owner.pk)

    answer = setup(**{name: value})

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert f"Field: <{name}>" in answer.json()["message"]
    assert Tenant.objects.values().get(pk=owner.pk) == before


@pytest.mark.parametrize("who", ["teammate", "admin", "stranger"])
def test_the_tenant_of_another_is_as_good_as_unknown(setup, web_as, owner, teammate, stranger, who):
    if who == "admin":
        Membership.objects.filter(user=teammate, tenant=owner.tenant).update(role=Role.ADMIN)
    client = web_as(stranger if who == "stranger" else teammate)
    before = Tenant.objects.values().get(pk=owner.pk)

    foreign, unknown = setup(client), setup(client, tenant_id="0" * 32)

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content
    assert Tenant.objects.values().get(pk=owner.pk) == before


@pytest.mark.parametrize("tenant_id", [None, 1, ["x"], {"a": 1}, "", "x" * 5000])
def test_what_is_no_id_names_no_tenant(setup, tenant_id):
    assert setup(tenant_id=tenant_id).json() == NOAUTH
