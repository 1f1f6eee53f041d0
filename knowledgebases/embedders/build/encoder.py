"""A BERT encoder as one int8 ONNX graph for onnxruntime's CPU kernels; run by the builders of the models beside it.

How it is quantised: weights are symmetric int8, one scale per output column, chosen so that no two neighbours in a
column add up to more than 128: the AVX2 kernels of CPUs without VNNI add two u8*s8 products in 16 bits. Activations
are u8 with **fixed** ranges, so that a vector never depends on what else is in its batch, as it does with the usual
dynamic ranges (one range for a whole batch: cosine .993 between a text alone and the same text in a batch). What makes
fixed ranges exact enough is smoothing (SmoothQuant, Xiao et al. 2022): channel c of an activation is divided by
s_c = max|X_c|^a / max|W_c|^(1-a) and row c of the weight multiplied by it. Behind the attention this costs nothing: the
division is folded into the value projection. The ranges were measured by `--calibrate` and lie beside the builder.

Layer normalisation stays the plain operator: onnxruntime's SkipLayerNormalization is eight times slower on CPUs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MICROSOFT = "com.microsoft"
FLOAT, INT32 = 1, 6  # types as ONNX numbers them
OUTPUT = "token_embeddings"
WEIGHT_MAX = 127  # a sum of two rounded neighbours is then 128 at most, and 128 * 255 < 2**15
ALPHA = 0.85  # share of the difficulty that smoothing moves into the weights; best of .5, .6, .75, .85, .95
MARGIN = 1.1  # room above the measured ranges


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of an encoder."""

    name: str
    layers: int
    hidden: int = 384
    heads: int = 12
    epsilon: float = 1e-12


@dataclass(frozen=True, slots=True)
class Nibbles:
    """A table of word vectors in four bits, as it came: blocks of 32 weights with a scale each (ggml's Q4_0).

    Byte j of a block holds weight j in its low half and weight j + 16 in its high half, each raised by 8.
    """

    packed: npt.NDArray[np.uint8]
    """Shape (words, hidden / 2)."""
    scales: npt.NDArray[np.float16]
    """Shape (words, hidden / 32)."""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator with its inputs and its one output."""

    operator: str
    inputs: list[str]
    output: str
    domain: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph under construction; every method returns the name of the tensor it makes."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    def constant(self, name: str, value: npt.ArrayLike, dtype: type[np.generic] = np.float32) -> str:
        """A tensor stored in the file."""
        self.constants[name] = np.ascontiguousarray(value, dtype) if np.ndim(value) else np.array(value, dtype)
        return name

    def add(self, operator: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        """A node with one output, of the standard domain unless told otherwise."""
        self.nodes.append(Node(operator, inputs, output, domain, attributes))
        return output


class Encoder:
    """Writes a BERT encoder into a graph: in int8 given activation ranges, else in float32.

    `weights` are named as in transformers' BertModel; `words` stands for the word vectors where they come in four bits.
    `ranges` holds lowest and highest of each channel of `calibration.sources`, and takes up the smoothing that follows
    from them: with that given, the graph is the same to the bit on every CPU (powers and logarithms are not).
    """

    def __init__(
        self,
        shape: Shape,
        weights: Mapping[str, Floats],
        ranges: dict[str, Floats] | None,
        *,
        words: Nibbles | None = None,
    ) -> None:
        self.shape = shape
        self.weights = weights
        self.ranges = ranges
        self.words = words
        self.graph = Graph()

    def build(self) -> Graph:
        """The whole model: input_ids and attention_mask to token_embeddings."""
        self.graph.add("Cast", ["attention_mask"], "mask", to=INT32)
        hidden = self._embeddings()
        for layer in range(self.shape.layers):
            hidden = self._layer(layer, hidden)
        return self.graph

    def _embeddings(self) -> str:
        graph, prefix = self.graph, "embeddings."
        self._words()
        # Single texts only: every token is of type 0.
        types = self.weights[prefix + "token_type_embeddings.weight"][0]
        positions = self.weights[prefix + "position_embeddings.weight"] + types
        graph.add("Shape", ["input_ids"], "length", start=1, end=2)
        start = graph.constant("start", [0], np.int64)
        graph.add("Slice", [graph.constant("positions", positions), start, "length"], "position")
        return self._norm("word", "position", prefix + "LayerNorm", "norm.embeddings")

    def _words(self) -> str:
        """The tensor "word": the vectors of the input's words."""
        graph = self.graph
        if self.words is not None:
            return self._nibbles(self.words)
        words = self.weights["embeddings.word_embeddings.weight"]
        if self.ranges is None:
            return graph.add("Gather", [graph.constant("words", words), "input_ids"], "word")
        # One scale per word: half the file is this table.
        scale = np.abs(words).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1
        graph.add("Gather", [graph.constant("words", np.round(words / scale), np.int8), "input_ids"], "word.int8")
        graph.add("Gather", [graph.constant("words.scale", scale), "input_ids"], "word.scale")
        graph.add("Cast", ["word.int8"], "word.float", to=FLOAT)
        return graph.add("Mul", ["word.float", "word.scale"], "word")

    def _nibbles(self, words: Nibbles) -> str:
        graph, blocks = self.graph, self.shape.hidden // 32
        graph.add("Gather", [graph.constant("words", words.packed, np.uint8), "input_ids"], "word.packed")
        blocked = graph.constant("words.blocks", [0, 0, blocks, 16], np.int64)
        graph.add("Reshape", ["word.packed", blocked], "word.bytes")
        graph.add("BitShift", ["word.bytes", graph.constant("four", 4, np.uint8)], "word.high", direction="RIGHT")
        graph.add("Cast", ["word.bytes"], "word.both.float", to=FLOAT)
        graph.add("Cast", ["word.high"], "word.high.float", to=FLOAT)
        graph.add("Mul", ["word.high.float", graph.constant("sixteen", 16.0)], "word.high.part")
        graph.add("Sub", ["word.both.float", "word.high.part"], "word.low.float")
        graph.add("Concat", ["word.low.float", "word.high.float"], "word.raised", axis=-1)
        graph.add("Sub", ["word.raised", graph.constant("eight", 8.0)], "word.steps")
        graph.add("Gather", [graph.constant("words.scale", words.scales, np.float16), "input_ids"], "word.scale.half")
        graph.add("Cast", ["word.scale.half"], "word.scale.flat", to=FLOAT)
        graph.add("Unsqueeze", ["word.scale.flat", graph.constant("last", [3], np.int64)], "word.scale")
        graph.add("Mul", ["word.steps", "word.scale"], "word.blocks")
        return graph.add("Reshape", ["word.blocks", graph.constant("words.flat", [0, 0, -1], np.int64)], "word")

    def _layer(self, layer: int, hidden: str) -> str:
        prefix = f"encoder.layer.{layer}."
        last = OUTPUT if layer == self.shape.layers - 1 else f"norm.{layer}.output"
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
        smoothing = self._smoothing(name, self.weights[prefix + "output.dense.weight"].T, f"attended.{layer}")
        kernels[2] /= smoothing  # attention is linear in the values: what follows it is smoothed here, at no cost
        biases[2] /= smoothing
        kernel = np.concatenate(kernels, axis=1)
        bias = self.graph.constant(name + ".bias", np.concatenate(biases))
        options = {"domain": MICROSOFT, "num_heads": self.shape.heads}
        if self.ranges is None:
            weight = self.graph.constant(name + ".weight", kernel)
            self.graph.add("Attention", [hidden, weight, bias, "mask"], name, **options)
        else:
            own = self._smoothing(hidden, kernel, name)
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
        smoothing = self._smoothing(source, kernel, name) if smoothed is None else smoothed
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
        return self.graph.add("LayerNormalization", [total, gain, bias], name, axis=-1, epsilon=self.shape.epsilon)

    def _smoothing(self, source: str, kernel: Floats, name: str) -> Floats:
        """Divisors of the channels of `source` where it enters `name`: those that were given, else computed."""
        if self.ranges is None:
            return np.ones(len(kernel), np.float32)
        key = f"{name}.smoothing"
        if key not in self.ranges:
            peak = np.abs(self.ranges[source]).max(axis=0)
            factor = peak**ALPHA / np.abs(kernel).max(axis=1) ** (1 - ALPHA)
            self.ranges[key] = np.asarray(factor / np.exp(np.log(factor).mean()), np.float32)
        return self.ranges[key]

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
