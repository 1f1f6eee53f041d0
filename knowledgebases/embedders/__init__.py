"""Texts to vectors: a local model out of a directory, or one behind an OpenAI-compatible endpoint.

Embedders are shared: asking twice for the same model gives the same object, so that its graph is
loaded once in a process.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledgebases.embedders import catalogue, modeldir
from system.errors import Misconfigured

if TYPE_CHECKING:
    from knowledgebases.embedders.gate import Gate
    from knowledgebases.embedders.onnx import OnnxEmbedder
    from knowledgebases.embedders.openai import OpenAIEmbedder
    from system.transport import Transport

# onnxruntime would tell its maker about each process that uses it, over HTTPS; it looks here when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "catalogue",
    "configure",
    "default_for",
    "gate_before",
    "installed",
    "local_embedder",
    "remote_embedder",
    "transport",
]

BUNDLED = Path(__file__).parent / "models"
ENGLISH = "english"
CACHED = 256
"""Remote embedders that are kept."""


@dataclass(frozen=True, slots=True)
class Site:
    """What an operator decides about embedding."""

    models_dir: Path | None = None
    threads: int = 1
    private_endpoints: tuple[str, ...] = ()
    slots: int | None = None


_site = Site()


def configure(
    *,
    models_dir: str | Path | None = None,
    threads: int = 1,
    private_endpoints: Sequence[str] = (),
    slots: int | None = None,
) -> None:
    """Set the directory with further local models, the threads of a session, and the private endpoints of models.

    `slots`: requests to one endpoint at the same time; None where this process does not wait for others. Call it once,
    when the process starts. Raises Misconfigured if the directory does not exist, or an endpoint is none.
    """
    global _site
    directory = Path(models_dir).resolve() if models_dir else None
    if directory and not directory.is_dir():
        raise Misconfigured(f"RAGSITE_MODELS_DIR: there is no directory {directory}. Create it, or unset the variable.")
    if private_endpoints:
        _transport(tuple(private_endpoints))
    _site = Site(directory, threads, tuple(private_endpoints), slots)


def local_embedder(name: str = catalogue.DEFAULT) -> "OnnxEmbedder":
    """The model in the configured directory of that name, else the bundled one, whatever the name.

    Its `model_id` tells which it is. Raises Misconfigured where the model's files are missing or damaged.
    """
    return _opened(directory_of(name, _site.models_dir), _site)


def remote_embedder(
    *,
    base_url: str,
    model: str,
    api_key: str,
    model_id: str,
    dimension: int | None = None,
    endpoint: str = "",
    concurrency: int | None = None,
) -> "OpenAIEmbedder":
    """The model `model` behind `base_url` (up to and including /v1); the catalogue fills in a dimension it knows.

    `endpoint` is the id of its row: where it is given, calls go through its gate, with `concurrency` slots instead of
    the site's number.
    """
    return _connected(base_url, model, api_key, model_id, dimension, endpoint, concurrency, _site)


def transport() -> "Transport":
    """The guarded client that models are called with; it knows the private endpoints of this site."""
    return _transport(_site.private_endpoints)


def gate_before(endpoint: str, model_id: str, concurrency: int | None) -> "Gate":
    """The gate of the endpoint with this id of its row, with `concurrency` slots instead of the site's number."""
    from knowledgebases.embedders.gate import Gate

    return Gate(endpoint, model_id, _site.slots and (concurrency or _site.slots))


def directory_of(name: str, models_dir: Path | None) -> Path:
    """Where the model called `name` lies; one that leads out of `models_dir` (a resolved path) means the default."""
    if models_dir is not None and "\0" not in name:
        found = (models_dir / name).resolve()
        if found != models_dir and found.is_relative_to(models_dir) and (found / "config.json").is_file():
            return found
    return BUNDLED / (catalogue.MULTILINGUAL if name == catalogue.MULTILINGUAL else catalogue.DEFAULT)


def installed() -> list[str]:
    """Identifiers of the local models that are there, the default first; those of the operator's directory left out."""
    names = [catalogue.DEFAULT, catalogue.MULTILINGUAL]
    return [f"{name}@{catalogue.BUILTIN}" for name in names if modeldir.complete(directory_of(name, _site.models_dir))]


def default_for(language: str) -> str:
    """Identifier of the local model for texts in `language`: the multilingual one for other languages than English.

    Where that is not installed it is the default, which serves other languages by their words alone.
    """
    found = installed()
    return found[0] if language.casefold() == ENGLISH else found[-1]


@cache
def _opened(directory: Path, site: Site) -> "OnnxEmbedder":
    from knowledgebases.embedders.onnx import OnnxEmbedder  # 25 MB that processes which never embed do without

    root = BUNDLED if directory.is_relative_to(BUNDLED) or site.models_dir is None else site.models_dir
    model_id = f"{directory.relative_to(root)}@{catalogue.BUILTIN}"
    return OnnxEmbedder(directory, model_id=model_id, threads=site.threads)


@lru_cache(maxsize=CACHED)
def _connected(
    base_url: str,
    model: str,
    api_key: str,
    model_id: str,
    dimension: int | None,
    endpoint: str,
    concurrency: int | None,
    site: Site,
) -> "OpenAIEmbedder":
    from knowledgebases.embedders.endpoint import Endpoint
    from knowledgebases.embedders.gate import Gate
    from knowledgebases.embedders.openai import OpenAIEmbedder

    listed = catalogue.find(model_id)
    return OpenAIEmbedder(
        Endpoint(
            base_url=base_url,
            model=model,
            api_key=api_key,
            model_id=model_id,
            transport=_transport(site.private_endpoints),
            gate=Gate(endpoint, model_id, site.slots and (concurrency or site.slots)) if endpoint else None,
        ),
        count=lambda texts: local_embedder().count_tokens(texts),
        dimension=dimension or (listed.dimension if listed else None),
        batch=listed.batch if listed else 32,
    )


@cache
def _transport(private_endpoints: tuple[str, ...]) -> "Transport":
    from system.transport import Transport  # 15 MB that processes which call no remote model do without

    return Transport(allow=private_endpoints)
