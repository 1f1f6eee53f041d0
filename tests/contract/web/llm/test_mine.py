import pytest

from system.models import ModelEndpoint

pytestmark = pytest.mark.django_db

MINE = "/v1/llm/my_llms"


def test_a_new_tenant_has_set_nothing_up(web):
    assert web.get(MINE).json() == {"code": 0, "message": "success", "data": {}}


def test_models_are_shown_by_provider(set_key, web, owner):
    set_key()
    ModelEndpoint.objects.create(
        tenant=owner.tenant, provider="OpenAI-API-Compatible", name="mine", base_url="http://127.0.0.1:11434/v1"
    )

    assert web.get(MINE).json()["data"] == {
        "OpenAI-API-Compatible": {
            "tags": "embedding",
            "llm": [{"type": "embedding", "name": "mine", "used_token": 0, "status": "1"}],
        },
        "ZHIPU-AI": {
            "tags": "chat,embedding",
            "llm": [
                {"type": "embedding", "name": "embedding-3", "used_token": 0, "status": "1"},
                {"type": "chat", "name": "glm-4", "used_token": 0, "status": "1"},
                {"type": "chat", "name": "glm-4-flash", "used_token": 0, "status": "1"},
            ],
        },
    }


def test_only_the_callers_own_models_are_shown(set_key, web, web_as, teammate, stranger):
    set_key()

    assert web_as(teammate).get(MINE).json()["data"] == {}
    assert web_as(stranger).get(MINE).json()["data"] == {}


def test_a_list_takes_a_constant_number_of_queries(set_key, web, django_assert_num_queries):
    for provider in ("ZHIPU-AI", "OpenAI", "Tongyi-Qianwen"):
        set_key(llm_factory=provider)

    with django_assert_num_queries(3):
        assert len(web.get(MINE).json()["data"]) == 3


def test_a_user_without_tenant_has_no_models(set_key, web, owner):
    owner.tenant.delete()

    for answer in (web.get(MINE), set_key()):
        assert (answer.status_code, answer.json()["message"]) == (404, "Tenant not found!")
