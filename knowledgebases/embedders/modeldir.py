"""A directory with a local model: `config.json`, `model.onnx`, `tokenizer.json`; checked before anything is loaded."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from system.errors import Misconfigured

CURE = (
    "Restore the directory from the distribution (`make models` completes it), or name another one in "
    "RAGSITE_MODELS_DIR."
)
NEEDED = ("model.onnx", "tokenizer.json")
POOLINGS = ("mean", "cls")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What `config.json` says about a model."""

    dimension: int
    pooling: str
    """`mean` over the tokens of a window, or `cls`: its first token."""
    max_tokens: int
    """Tokens of one window, special tokens included."""
    mu: float
    """Mean cosine of unrelated question-passage pairs."""
    query_prefix: str = ""
    passage_prefix: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """sha256 of the files, by name; a file that is not listed is taken as it is."""


def read_config(directory: Path) -> ModelConfig:
    """The checked configuration of a model directory; `Misconfigured` names the file and what is wrong with it."""
    path = directory / "config.json"
    try:
        raw = json.loads(path.read_text("utf-8"))
        config = ModelConfig(**{name: raw[name] for name in ModelConfig.__dataclass_fields__ if name in raw})
    except OSError as error:
        raise Misconfigured(f"The embedding model at {directory} has no readable config.json. {CURE}") from error
    except (ValueError, TypeError) as error:
        raise Misconfigured(f"{path} is no model configuration: {error}. {CURE}") from error
    for name, right in _rules(config).items():
        if not right:
            raise Misconfigured(f"{path}: {name} is {getattr(config, name)!r}, which no model has. {CURE}")
    return config


def _rules(config: ModelConfig) -> dict[str, bool]:
    return {
        "dimension": _is_int(config.dimension, 1, 16_000),
        "pooling": config.pooling in POOLINGS,
        "max_tokens": _is_int(config.max_tokens, 8, 32_768),
        "mu": isinstance(config.mu, int | float) and -1 < config.mu < 1,
        "query_prefix": isinstance(config.query_prefix, str),
        "passage_prefix": isinstance(config.passage_prefix, str),
        "files": isinstance(config.files, dict),
    }


def _is_int(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def check_files(directory: Path, config: ModelConfig) -> dict[str, str]:
    """sha256 of a model's files, listed or needed; `Misconfigured` where one is missing or not the listed one."""
    digests = {}
    for name in sorted({*NEEDED, *config.files}):
        try:
            with (directory / name).open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise Misconfigured(f"The embedding model's file {directory / name} cannot be read. {CURE}") from error
        if config.files.get(name, digests[name]) != digests[name]:
            raise Misconfigured(f"{directory / name} is damaged: its sha256 is not the one in config.json. {CURE}")
    return digests


def complete(directory: Path) -> bool:
    """Whether all files of a model are there; whether they are the right ones shows when they are loaded."""
    return all((directory / name).is_file() for name in {*NEEDED, *read_config(directory).files})
