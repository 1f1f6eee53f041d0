import json
import os
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledgebases.embedders import BUNDLED
from knowledgebases.embedders.onnx import BATCH_TOKENS, MAX_WINDOWS, OnnxEmbedder, Window, batches
from system.errors import Misconfigured

MODEL = BUNDLED / "all-MiniLM-L6-v2"
TEXTS = [
    "The cat sleeps on the warm windowsill.",
    "A kitten naps beside the sunny window.",
    "Interest rates were raised by the central bank.",
    "",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen. " * 6,
    "水は零度で凍る",
    "word " * 700,
]


@pytest.fixture(scope="module")
def embedder():
    return OnnxEmbedder(MODEL, model_id="all-MiniLM-L6-v2@Builtin", threads=2)


@pytest.fixture
def copied(tmp_path):
    """A model directory that a test may damage."""
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


def configured(directory, **changes):
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return OnnxEmbedder(directory, model_id="x@Builtin")


def test_vectors_are_float32_rows_of_length_one(embedder):
    vectors = embedder.embed(TEXTS)

    assert vectors.shape == (len(TEXTS), 384) == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_make_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_a_paraphrase_is_nearer_than_another_subject(embedder):
    cat, kitten, bank = embedder.embed(TEXTS[:3])

    assert cat @ kitten > 0.6
    assert abs(cat @ bank) < 0.15


def test_known_similarities_are_those_of_the_original_model(embedder):
    happy, glad = embedder.embed(["That is a happy person", "That is a happy dog"])

    assert happy @ glad == pytest.approx(0.6945, abs=0.03)


def test_a_text_has_one_vector_whatever_its_batch(embedder):
    together = embedder.embed(TEXTS)

    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])

    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_order_of_texts_is_kept(embedder):
    forwards = embedder.embed(TEXTS)

    backwards = embedder.embed(TEXTS[::-1])

    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-5)


def test_a_passage_and_a_question_share_their_space(embedder):
    np.testing.assert_allclose(embedder.embed_query(TEXTS[0]), embedder.embed(TEXTS[:1])[0], atol=1e-5)


def test_a_question_is_remembered_and_cannot_be_changed(embedder):
    first = embedder.embed_query("Where does the cat sleep?")

    assert embedder.embed_query("Where does the cat sleep?") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_a_long_text_is_the_weighted_mean_of_its_windows(embedder):
    cat, bank = "cat " * 254, "bank " * 100

    whole = embedder.embed([cat + bank])[0]

    first, second = embedder.embed([cat, bank])
    mean = 256 * first + 102 * second
    np.testing.assert_allclose(whole, mean / np.linalg.norm(mean), atol=1e-5)


def test_the_end_of_a_long_text_is_in_its_vector(embedder):
    padding = "The committee met again on Tuesday to talk about the minutes. " * 30
    question = embedder.embed_query("Why do volcanoes erupt?")

    without, ended = embedder.embed([padding, padding + "Volcanoes erupt when magma rises. " * 10])

    assert question @ ended > question @ without + 0.1


def test_windows_beyond_the_last_do_not_count(embedder):
    full = "cat " * (254 * MAX_WINDOWS)

    np.testing.assert_allclose(*embedder.embed([full, full + "bank " * 2000]), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("cat", 1), ("The cat sleeps.", 4), ("word " * 1000, 1000), ("東京都", 3)],
    ids=["empty", "one", "sentence", "longer than a window", "cjk"],
)
def test_tokens_are_counted_without_special_ones(embedder, text, tokens):
    assert embedder.count_tokens([text, text]) == [tokens, tokens]


def test_batches_are_bounded_and_keep_every_window():
    lengths = [256] * 9 + [100] * 20 + [3] * 900
    windows = [Window(index, [1] * length) for index, length in enumerate(lengths)]

    made = list(batches(windows))

    assert [window.text for batch in made for window in batch] == list(range(len(lengths)))
    assert max(len(batch) * len(batch[0].ids) for batch in made) <= BATCH_TOKENS
    assert len(list(batches([Window(0, [1] * 5000), Window(1, [1])]))) == 2


def test_threads_share_one_session(embedder):
    expected = embedder.embed(TEXTS)
    barrier = threading.Barrier(4)

    def work(_):
        barrier.wait()
        return embedder.embed(TEXTS)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))

    for result in results:
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_a_forked_child_embeds_the_same(embedder):
    expected = embedder.embed(TEXTS[:3])
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writing, embedder.embed(TEXTS[:3]).tobytes())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        received = np.frombuffer(pipe.read(), np.float32).reshape(-1, 384)

    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_the_revision_changes_with_what_decides_vectors(embedder, copied):
    assert configured(copied).revision == embedder.revision
    assert configured(copied, mu=0.2).revision == embedder.revision
    assert configured(copied, passage_prefix="passage: ").revision != embedder.revision
    assert configured(copied, pooling="cls").revision != embedder.revision


def test_prefixes_are_put_before_questions_and_passages(embedder, copied):
    prefixed = configured(copied, query_prefix="query: ", passage_prefix="passage: ")

    np.testing.assert_allclose(prefixed.embed(["cat"]), embedder.embed(["passage: cat"]), atol=1e-5)
    np.testing.assert_allclose(prefixed.embed_query("cat"), embedder.embed_query("query: cat"), atol=1e-5)


def test_cls_pooling_takes_the_first_token(embedder, copied):
    first = configured(copied, pooling="cls").embed(TEXTS[:1])[0]

    assert first @ embedder.embed(TEXTS[:1])[0] < 0.95


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_refused_with_path_and_cure(copied, name):
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)

    with pytest.raises(Misconfigured, match=rf"{name} is damaged.*Restore the directory"):
        OnnxEmbedder(copied, model_id="x").embed(["a"])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_refused_with_path_and_cure(copied, name):
    (copied / name).unlink()

    with pytest.raises(Misconfigured, match=rf"{name} cannot be read.*Restore the directory"):
        OnnxEmbedder(copied, model_id="x").embed(["a"])


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_does_not_load_is_refused(copied, name):
    (copied / name).write_bytes(b"not a model")

    with pytest.raises(Misconfigured, match="does not load"):
        configured(copied, files={}).embed(["a"])


def test_a_directory_without_configuration_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match=r"no readable config\.json"):
        OnnxEmbedder(tmp_path, model_id="x")


@pytest.mark.parametrize(
    "changes",
    [{"dimension": "384"}, {"dimension": 0}, {"pooling": "max"}, {"max_tokens": True}, {"mu": 1}, {"files": []}],
    ids=lambda changes: "{}={!r}".format(*next(iter(changes.items()))),
)
def test_a_wrong_configuration_names_field_and_value(copied, changes):
    (name, value), *_ = changes.items()

    with pytest.raises(Misconfigured, match=re.escape(f"config.json: {name} is {value!r}")):
        configured(copied, **changes)


def test_a_configuration_with_a_field_missing_is_refused(copied):
    (copied / "config.json").write_text('{"dimension": 384}')

    with pytest.raises(Misconfigured, match="is no model configuration"):
        OnnxEmbedder(copied, model_id="x")


def test_a_graph_of_another_dimension_is_refused(copied):
    with pytest.raises(Misconfigured, match="no output of token vectors of dimension 512"):
        configured(copied, dimension=512).embed(["a"])
