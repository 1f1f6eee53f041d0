import shutil

import pytest

from knowledgebases import embedders
from knowledgebases.embedders import BUNDLED, configure, local_embedder, remote_embedder
from system.errors import Misconfigured

DEFAULT = BUNDLED / "all-MiniLM-L6-v2"


@pytest.fixture(autouse=True)
def site(monkeypatch):
    """Leave what other tests configured as it was."""
    monkeypatch.setattr(embedders, "_site", embedders.Site())


@pytest.fixture
def models_dir(tmp_path):
    shutil.copytree(DEFAULT, tmp_path / "models" / "lab" / "small")
    shutil.copytree(DEFAULT, tmp_path / "secret")
    configure(models_dir=tmp_path / "models")
    return tmp_path / "models"


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5", "", "../x", "a\0b"])
def test_every_builtin_name_is_the_bundled_model_and_says_so(name):
    model = local_embedder(name)

    assert model.model_id == "all-MiniLM-L6-v2@Builtin"
    assert model.directory == DEFAULT


def test_the_same_model_is_the_same_object():
    assert local_embedder("all-MiniLM-L6-v2") is local_embedder("BAAI/bge-small-en-v1.5")


def test_a_directory_of_the_operator_is_a_model(models_dir):
    model = local_embedder("lab/small")

    assert model.directory == models_dir / "lab" / "small"
    assert model.model_id == "lab/small@Builtin"


@pytest.mark.parametrize("name", ["../secret", "/etc", ".", "lab", "lab/small/../../../secret"])
def test_a_name_does_not_lead_out_of_the_directory(models_dir, name):
    assert local_embedder(name).directory == DEFAULT


def test_a_link_does_not_lead_out_of_the_directory(models_dir):
    (models_dir / "link").symlink_to(models_dir.parent / "secret")

    assert local_embedder("link").directory == DEFAULT


def test_threads_are_those_configured():
    configure(threads=3)

    assert local_embedder().threads == 3


def test_a_missing_models_directory_is_named_with_the_cure(tmp_path):
    with pytest.raises(Misconfigured, match=r"RAGSITE_MODELS_DIR.*none.*Create it"):
        configure(models_dir=tmp_path / "none")


def test_a_wrong_private_endpoint_is_refused_at_once():
    with pytest.raises(Misconfigured, match="RAGSITE_PRIVATE_ENDPOINTS"):
        configure(private_endpoints=["nonsense"])


def test_a_remote_model_is_kept_by_its_values():
    values = {"base_url": "https://api.example.com/v1", "model": "m", "api_key": "k", "model_id": "m@OpenAI"}

    assert remote_embedder(**values) is remote_embedder(**values)
    assert remote_embedder(**values) is not remote_embedder(**values | {"api_key": "l"})


def test_the_catalogue_fills_in_what_it_knows():
    model = remote_embedder(
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        model="text-embedding-v3",
        api_key="k",
        model_id="text-embedding-v3@Tongyi-Qianwen",
    )

    assert (model.dimension, model.batch) == (1024, 10)


def test_a_remote_model_counts_tokens_with_the_bundled_tokenizer():
    model = remote_embedder(base_url="https://x.example.com/v1", model="m", api_key="", model_id="m@x")

    assert model.count_tokens(["The cat sleeps."]) == [4]
