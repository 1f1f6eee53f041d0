import logging

import pytest

from system.models import ModelEndpoint

pytestmark = pytest.mark.django_db

KEY = "zhipu-0123456789abcdef.ABCDEFGH"
DONE = {"code": 0, "message": "success", "data": True}
ZHIPU = "https://open.bigmodel.cn/api/paas/v4"


def endpoints(user):
    return {endpoint.name: endpoint for endpoint in ModelEndpoint.objects.filter(tenant=user.pk)}


def test_every_model_that_is_known_of_a_provider_is_set_up(set_key, owner):
    assert set_key().json() == DONE

    rows = endpoints(owner)
    assert {name: row.model_type for name, row in rows.items()} == {
        "embedding-3": "embedding",
        "glm-4": "chat",
        "glm-4-flash": "chat",
    }
    assert {(row.provider, row.base_url, row.api_key) for row in rows.values()} == {("ZHIPU-AI", ZHIPU, KEY)}


def test_keys_are_sealed_and_never_shown(set_key, web, caplog):
    caplog.set_level(logging.DEBUG)

    answers = [set_key(), web.get("/v1/llm/my_llms"), set_key(base_url="ftp://x")]

    assert not any(KEY in answer.content.decode() for answer in answers)
    assert not any(KEY in str(row) for row in ModelEndpoint.objects.values())
    assert KEY not in caplog.text


def test_setting_up_again_replaces_the_key_and_nothing_else(set_key, owner):
    set_key(base_url="https://gateway.example.org/v1")
    ModelEndpoint.objects.filter(name="embedding-3").update(dimension=1024)
    before = endpoints(owner)

    assert set_key(api_key="another key").json() == DONE

    after = endpoints(owner)
    assert {row.api_key for row in after.values()} == {"another key"}
    assert {row.base_url for row in after.values()} == {"https://gateway.example.org/v1"}
    assert {name: row.pk for name, row in after.items()} == {name: row.pk for name, row in before.items()}
    assert after["embedding-3"].dimension == 1024


@pytest.mark.parametrize("base_url", ["", None, "  "])
def test_an_empty_address_counts_as_none(set_key, owner, base_url):
    assert set_key(base_url=base_url).json() == DONE
    assert endpoints(owner)["embedding-3"].base_url == ZHIPU


def test_a_new_address_takes_the_place_of_the_old_one(set_key, owner):
    set_key()

    set_key(base_url=" http://127.0.0.1:8080/v1 ")

    assert {row.base_url for row in endpoints(owner).values()} == {"http://127.0.0.1:8080/v1"}


def test_the_models_of_other_providers_keep_theirs(set_key, owner):
    set_key(llm_factory="OpenAI", api_key="sk-openai")

    set_key()

    assert endpoints(owner)["text-embedding-3-small"].api_key == "sk-openai"


def test_a_key_counts_for_the_callers_own_tenant(set_key, web_as, owner, teammate):
    set_key(web_as(teammate))

    assert not endpoints(owner)
    assert set(endpoints(teammate)) == {"embedding-3", "glm-4", "glm-4-flash"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"llm_factory": "unknown"}, "There is no provider 'unknown'"),
        ({"llm_factory": ""}, "There is no provider ''"),
        ({"llm_factory": "zhipu-ai"}, "There is no provider"),
        ({"llm_factory": "x" * 5000}, "There is no provider"),
        ({"llm_factory": ["ZHIPU-AI"]}, "`llm_factory` should be a string"),
        ({"llm_factory": None}, "There is no provider ''"),
        ({"llm_factory": "Builtin"}, "Builtin has no list of models"),
        ({"llm_factory": "OpenAI-API-Compatible"}, "OpenAI-API-Compatible has no list of models"),
        ({"api_key": ""}, "`api_key` is empty"),
        ({"api_key": "  "}, "`api_key` is empty"),
        ({"api_key": None}, "`api_key` is empty"),
        ({"api_key": 12345}, "`api_key` should be a string"),
        ({"api_key": "a\nb"}, "`api_key` is no key"),
        ({"api_key": "schlüssel"}, "`api_key` is no key"),
        ({"api_key": "x" * 4097}, "`api_key` is no key"),
        ({"base_url": "ftp://example.org/v1"}, "`base_url` will not do."),
        ({"base_url": "file:///etc/passwd"}, "`base_url` will not do."),
        ({"base_url": "example.org/v1"}, "`base_url` will not do."),
        ({"base_url": "https://"}, "`base_url` will not do."),
        ({"base_url": "https://name:secret@example.org/v1"}, "`base_url` will not do."),
        ({"base_url": "https://example.org:99999/v1"}, "`base_url` will not do."),
        ({"base_url": "https://example.org/v1?a=b"}, "`base_url` will not do."),
        ({"base_url": "https://example.org/v1#a"}, "`base_url` will not do."),
        ({"base_url": "https://example.org/" + "x" * 250}, "`base_url` may have at most 255 characters"),
        ({"base_url": "https://example.org/" + "x" * 100_000}, "`base_url` will not do."),
        ({"base_url": ["https://example.org"]}, "`base_url` should be a string"),
        ({"base_url": "javascript:alert(1)"}, "`base_url` will not do."),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_sets_nothing_up(set_key, owner, wrong, told):
    answer = set_key(**wrong)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (400, 102, None)
    assert answer.json()["message"].startswith(told)
    assert "secret" not in answer.json()["message"]
    assert not endpoints(owner)


@pytest.mark.parametrize(
    ("body", "missing"),
    [({}, "llm_factory,api_key"), ({"llm_factory": "OpenAI"}, "api_key"), ({"api_key": 1}, "llm_factory")],
)
def test_missing_keys_are_named(web, body, missing):
    answer = web.post("/v1/llm/set_api_key", body, format="json")

    assert answer.json() == {"code": 101, "message": f"required argument are missing: {missing}; ", "data": None}


def test_setting_up_takes_a_constant_number_of_queries(set_key, django_assert_num_queries):
    with django_assert_num_queries(3):
        set_key()
