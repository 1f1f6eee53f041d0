"""Which models datasets may name before and after a provider is set up (contract G.4)."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def create(api):
    """Create a dataset with an embedding model through the REST API; returns the answer."""

    def create(model):
        return api.post("/api/v1/datasets", {"name": "shelf", "embedding_model": model}, format="json").json()

    return create


def test_the_models_of_a_provider_can_be_used_from_now_on(set_key, create):
    assert create("embedding-3@ZHIPU-AI")["message"] == "Unauthorized model: <embedding-3@ZHIPU-AI>"

    set_key()

    assert create("embedding-3@ZHIPU-AI")["data"]["embedding_model"] == "embedding-3@ZHIPU-AI"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("text-embedding-v3@Tongyi-Qianwen", "Unauthorized model: <text-embedding-v3@Tongyi-Qianwen>"),
        ("text-embedding-3-small@OpenAI", "Unauthorized model: <text-embedding-3-small@OpenAI>"),
        ("unknown@ZHIPU-AI", "Unsupported model: <unknown@ZHIPU-AI>"),
        ("embedding-3@unknown", "Unsupported model: <embedding-3@unknown>"),
    ],
)
def test_every_other_model_stays_refused(set_key, create, model, message):
    set_key()

    assert create(model) == {"code": 101, "message": message}


@pytest.mark.parametrize("model", ["BAAI/bge-small-en-v1.5@Builtin", "all-MiniLM-L6-v2@Builtin"])
def test_the_built_in_model_needs_no_key(create, model):
    assert create(model)["data"]["embedding_model"] == model


def test_a_chat_model_embeds_nothing(set_key, create):
    set_key()

    assert create("glm-4@ZHIPU-AI")["code"] == 101


def test_the_model_that_a_tenant_is_set_to_is_the_one_of_its_new_datasets(set_key, web, api, owner):
    set_key()
    models = {"llm_id": "", "asr_id": "", "img2txt_id": "", "embd_id": "embedding-3@ZHIPU-AI"}
    web.post("/v1/user/set_tenant_info", {"tenant_id": owner.pk, **models}, format="json")

    created = api.post("/api/v1/datasets", {"name": "shelf"}, format="json").json()

    assert created["data"]["embedding_model"] == "embedding-3@ZHIPU-AI"
