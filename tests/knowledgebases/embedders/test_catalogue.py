import pytest

from knowledgebases.embedders import catalogue


@pytest.mark.parametrize(
    ("model_id", "parts"),
    [
        ("BAAI/bge-small-en-v1.5@Builtin", ("BAAI/bge-small-en-v1.5", "Builtin")),
        ("embedding-3@ZHIPU-AI", ("embedding-3", "ZHIPU-AI")),
        ("embedding-3@unknown", ("embedding-3@unknown", "")),
        ("embedding-3@zhipu-ai", ("embedding-3@zhipu-ai", "")),
        ("a@b@OpenAI", ("a@b", "OpenAI")),
        ("plain", ("plain", "")),
        ("@OpenAI", ("@OpenAI", "")),
        ("OpenAI@", ("OpenAI@", "")),
        ("", ("", "")),
    ],
)
def test_an_identifier_is_a_name_and_a_known_provider(model_id, parts):
    assert catalogue.parse(model_id) == parts


@pytest.mark.parametrize(
    ("model_id", "known"),
    [
        ("BAAI/bge-small-en-v1.5@Builtin", True),
        ("all-MiniLM-L6-v2@Builtin", True),
        ("embedding-3@ZHIPU-AI", True),
        ("glm-4-flash@ZHIPU-AI", True),
        ("text-embedding-v3@Tongyi-Qianwen", True),
        ("text-embedding-3-small@OpenAI", True),
        ("nomic-embed-text@OpenAI-API-Compatible", True),
        ("unknown@ZHIPU-AI", False),
        ("embedding-3@unknown", False),
        ("embedding-3@OpenAI", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_known_models_are_those_of_the_catalogue(model_id, known):
    assert catalogue.known(model_id) is known


def test_every_embedding_model_of_a_named_provider_has_dimension_and_address():
    for provider in catalogue.PROVIDERS.values():
        for model in provider.models:
            assert model.model_type in ("embedding", "chat", "rerank")
            assert (model.dimension is None) == (model.model_type != "embedding")
            assert provider.base_url.startswith("https://") or provider.name == catalogue.BUILTIN


def test_a_models_entry_is_found_by_its_identifier():
    found = catalogue.find("text-embedding-3-large@OpenAI")

    assert found is not None
    assert found.dimension == 3072
    assert catalogue.find("text-embedding-3-large") is None
