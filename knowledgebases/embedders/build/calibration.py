"""Measures the ranges of activations on texts, and how near a quantised encoder comes to the exact one."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from knowledgebases.embedders.build.encoder import Floats, Shape


def sources(shape: Shape) -> list[str]:
    """Names of the tensors whose ranges are measured: what enters a matrix product."""
    layers = range(shape.layers)
    norms = ["norm.embeddings", *(f"norm.{i}.output" for i in layers[:-1]), *(f"norm.{i}.attention" for i in layers)]
    return [*norms, *(f"attention.{i}" for i in layers), *(f"gelu.{i}" for i in layers)]


def calibrate(shape: Shape, reference: onnx.ModelProto, texts: Iterable[list[int]]) -> dict[str, Floats]:
    """Lowest and highest value, shape (2, channels), of every channel of `sources()` over token id lists."""
    model = onnx.ModelProto()
    model.CopyFrom(reference)
    names = sources(shape)
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    ranges: dict[str, Floats] = {}
    for ids in texts:
        for name, value in zip(names, session.run(names, feed([ids])), strict=True):
            rows = value.reshape(-1, value.shape[-1])
            if name in ranges:
                rows = np.concatenate([ranges[name], rows])
            ranges[name] = np.stack([rows.min(axis=0), rows.max(axis=0)])
    return ranges


def feed(rows: list[list[int]]) -> dict[str, npt.NDArray[np.int64]]:
    """Inputs of the graph for token id lists of one length."""
    ids = np.array(rows, np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def verify(reference: onnx.ModelProto, built: Path, texts: list[list[int]]) -> None:
    """Print how near the sentence vectors of the two are; refuse a mean cosine below .99."""
    options = onnxruntime.SessionOptions()
    exact = onnxruntime.InferenceSession(reference.SerializeToString(), options)
    fast = onnxruntime.InferenceSession(built, options, disabled_optimizers=["SkipLayerNormFusion"])
    cosines = []
    for ids in texts:
        a, b = (session.run(None, feed([ids]))[0][0].mean(axis=0) for session in (exact, fast))
        cosines.append(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    print(f"cosine with float32 over {len(texts)} texts: mean {np.mean(cosines):.5f}, lowest {min(cosines):.5f}")
    if np.mean(cosines) < 0.99:
        raise SystemExit("the quantised model is too far from the float32 model")


def tokenised(tokenizer: Tokenizer, paths: list[Path], each: int, *, prefix: str = "") -> list[list[int]]:
    """Token ids of `each` texts of every .jsonl file (field `text`), evenly spread over it, behind `prefix`."""
    texts = []
    for path in paths:
        rows = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
        texts += [prefix + row for row in rows[:: max(1, len(rows) // each)][:each]]
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]
