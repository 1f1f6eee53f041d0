"""A local embedding model: a directory with an ONNX graph, run by onnxruntime on the CPU."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from knowledgebases.embedders.base import Vectors
from knowledgebases.embedders.interrupting import checkpoint
from knowledgebases.embedders.modeldir import CURE, ModelConfig, check_files, read_config
from knowledgebases.embedders.querycache import QueryCache
from system.errors import Misconfigured

# Its thread pool would not survive the fork of a worker's work-horse, and costs more than it gains beside the model's.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

BATCH_TOKENS = 1024
"""Padded tokens of one run of the graph: what fits the CPU's caches (4,096 are 20 % slower and take 120 MB more)."""
MAX_WINDOWS = 64
"""Windows of one text that enter its vector; what follows them (beyond 16,000 tokens) does not."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `max_tokens` tokens of the text at index `text`."""

    text: int
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The graph and its tokenizer, ready to run."""

    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer
    inputs: frozenset[str]
    output: str


@dataclass(slots=True)
class Process:
    """What belongs to one process: threads and locks do not survive a fork."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    loaded: Loaded | None = None
    queries: QueryCache = field(default_factory=QueryCache)


class OnnxEmbedder:
    """Embeds with the model in a directory; see `modeldir` for what lies there.

    Construction reads `config.json` only. The graph is loaded, and the files' sha256 checked, at the first use in each
    process, so that a process may fork before or after. An empty text has a vector too: that of the special tokens
    alone. A text of several windows gets the mean of their vectors, weighted by their tokens, normalised again.
    """

    def __init__(self, directory: Path, *, model_id: str, threads: int = 1) -> None:
        self.directory = Path(directory)
        self.config: ModelConfig = read_config(self.directory)
        self.model_id = model_id
        self.threads = threads
        # By process id; those of a parent stay, for to destroy them here would join threads that do not exist here.
        self._processes: dict[int, Process] = {}

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.config.dimension

    @property
    def floor(self) -> float:
        """Mean cosine of unrelated question-passage pairs."""
        return self.config.mu

    @cached_property
    def revision(self) -> str:
        """Hash of weights, tokenizer, pooling, prefixes and window (16 hex digits)."""
        config = self.config
        parts = [config.pooling, config.query_prefix, config.passage_prefix, config.max_tokens]
        decisive = json.dumps([check_files(self.directory, config), parts], sort_keys=True)
        return hashlib.sha256(decisive.encode()).hexdigest()[:16]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (n, dimension), row i for text i."""
        return self._embed([self.config.passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """Vector of a question, shape (dimension,), read-only; the last ones are remembered."""
        queries = self._process().queries
        known = queries.get(text)
        return queries.put(text, self._embed([self.config.query_prefix + text])[0].copy()) if known is None else known

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special tokens left out."""
        encodings = self._load().tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) + sum(map(len, encoding.overflowing)) for encoding in encodings]

    def _embed(self, texts: list[str]) -> Vectors:
        loaded = self._load()
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for batch in batches(windows(loaded.tokenizer.encode_batch_fast(texts))):
            checkpoint()
            weights = np.array([len(window.ids) for window in batch], np.float32)[:, None]
            np.add.at(vectors, [window.text for window in batch], weights * self._run(loaded, batch))
        return normalised(vectors)

    def _run(self, loaded: Loaded, batch: list[Window]) -> Vectors:
        """L2-normalised vectors of windows, shape (len(batch), dimension)."""
        length = max(1, *(len(window.ids) for window in batch))
        ids = np.zeros((len(batch), length), np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(batch):
            ids[row, : len(window.ids)] = window.ids
            mask[row, : len(window.ids)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        feed = {name: value for name, value in feed.items() if name in loaded.inputs}
        tokens = loaded.session.run([loaded.output], feed)[0]
        if self.config.pooling == "cls":
            return normalised(tokens[:, 0])
        # The mean's divisor falls out of the normalisation. Padding may hold anything, so it is masked, not trusted.
        return normalised(np.einsum("nsd,ns->nd", tokens, mask.astype(np.float32)))

    def _process(self) -> Process:
        pid = os.getpid()
        return self._processes.get(pid) or self._processes.setdefault(pid, Process())

    def _load(self) -> Loaded:
        process = self._process()
        with process.lock:
            if process.loaded is None:
                process.loaded = self._open()
            return process.loaded

    def _open(self) -> Loaded:
        self.revision  # noqa: B018 -- checks the files
        path = self.directory / "model.onnx"
        try:
            session = onnxruntime.InferenceSession(
                path,
                session_options(self.threads),
                providers=["CPUExecutionProvider"],
                # Ten times slower on CPUs than the addition and normalisation it replaces (onnxruntime 1.31).
                disabled_optimizers=["SkipLayerNormFusion"],
            )
            tokenizer = Tokenizer.from_file(str(self.directory / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(self.config.max_tokens)
        except Exception as error:  # both libraries raise bare Exceptions
            raise Misconfigured(f"The embedding model at {self.directory} does not load: {error}. {CURE}") from error
        inputs = frozenset(value.name for value in session.get_inputs())
        return Loaded(session, tokenizer, inputs, self._output(session))

    def _output(self, session: onnxruntime.InferenceSession) -> str:
        for value in session.get_outputs():
            if len(value.shape) == 3 and value.shape[2] == self.dimension:
                return str(value.name)
        shapes = {value.name: value.shape for value in session.get_outputs()}
        raise Misconfigured(
            f"{self.directory / 'model.onnx'} has no output of token vectors of dimension {self.dimension}, "
            f"only {shapes}. Export the model with its last hidden state, or mend `dimension` in config.json."
        )


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Options of a session that shares its cores with other processes: its threads sleep where they would spin."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def windows(encodings: Sequence[Encoding]) -> list[Window]:
    """The windows of every text, the longest first."""
    found = [
        Window(index, part.ids)
        for index, encoding in enumerate(encodings)
        for part in [encoding, *encoding.overflowing[: MAX_WINDOWS - 1]]
    ]
    return sorted(found, key=lambda window: len(window.ids), reverse=True)


def batches(ordered: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows, sorted by falling length, in runs of at most `BATCH_TOKENS` padded tokens (at least one window)."""
    start = 0
    while start < len(ordered):
        rows = max(1, BATCH_TOKENS // max(1, len(ordered[start].ids)))
        yield list(ordered[start : start + rows])
        start += rows


def normalised(vectors: Vectors) -> Vectors:
    """Rows of length 1; a zero row stays zero."""
    norms: Any = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32, copy=False)
    return result
