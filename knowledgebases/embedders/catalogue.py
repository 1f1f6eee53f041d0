"""The models and providers this service knows by name, and the identifiers `name@provider` that datasets store.

Knowing a model means knowing where it is called and how long its vectors are; whether a tenant may call it is a
matter of its endpoints. Addresses, dimensions and batch limits are those of the providers' public documentation.
"""

from dataclasses import dataclass

BUILTIN = "Builtin"
COMPATIBLE = "OpenAI-API-Compatible"
TEI = "TEI"
"""Text Embeddings Inference, whose route for reranking is its own."""
DEFAULT = "all-MiniLM-L6-v2"
"""The bundled model: what other names of provider `Builtin` mean, unless a directory of that name is configured."""
MULTILINGUAL = "multilingual-e5-small"
"""The second model, for other languages than English: `make models` lays its weights beside its graph."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name."""

    name: str
    model_type: str
    """`embedding`, `chat` or `rerank`."""
    dimension: int | None = None
    """Length of a vector; None for other than embedding models, and where it is not known."""
    batch: int = 32
    """Texts that one request may carry."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who runs models, and where."""

    name: str
    base_url: str
    """Up to and including the version; empty where every site has its own."""
    models: tuple[Model, ...]
    any_model: bool = False
    """Whether names that are not listed are good too."""


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(
            BUILTIN, "", (Model(DEFAULT, "embedding", 384), Model(MULTILINGUAL, "embedding", 384)), any_model=True
        ),
        Provider(
            "OpenAI",
            "https://api.openai.com/v1",
            (
                Model("text-embedding-3-small", "embedding", 1536, batch=128),
                Model("text-embedding-3-large", "embedding", 3072, batch=128),
                Model("text-embedding-ada-002", "embedding", 1536, batch=128),
            ),
        ),
        Provider(
            "ZHIPU-AI",
            "https://open.bigmodel.cn/api/paas/v4",
            (Model("embedding-3", "embedding", 2048), Model("glm-4", "chat"), Model("glm-4-flash", "chat")),
        ),
        Provider(
            "Tongyi-Qianwen",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            (Model("text-embedding-v3", "embedding", 1024, batch=10),),
        ),
        Provider(
            "Cohere",
            "https://api.cohere.com/v2",
            (Model("rerank-v3.5", "rerank"), Model("rerank-multilingual-v3.0", "rerank")),
        ),
        Provider("Jina", "https://api.jina.ai/v1", (Model("jina-reranker-v2-base-multilingual", "rerank"),)),
        Provider(COMPATIBLE, "", (), any_model=True),
        Provider(TEI, "", (), any_model=True),
    )
}


def parse(model_id: str) -> tuple[str, str]:
    """Name and provider of an identifier; the provider is "" where none is named.

    What follows the last `@` is a provider only if it is a known one: else the `@` belongs to the name.
    """
    name, _, provider = model_id.rpartition("@")
    return (name, provider) if name and provider in PROVIDERS else (model_id, "")


def find(model_id: str) -> Model | None:
    """The catalogue's entry of a model, if it has one."""
    name, provider = parse(model_id)
    listed = PROVIDERS[provider].models if provider else ()
    return next((model for model in listed if model.name == name), None)


def known(model_id: str) -> bool:
    """Whether a model is in the catalogue, or of a provider that takes any name."""
    _, provider = parse(model_id)
    return bool(provider) and (PROVIDERS[provider].any_model or find(model_id) is not None)
