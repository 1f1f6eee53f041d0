import pytest

from documents.models import Run
from documents.recipes import recipe, unchanged

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda document: setattr(document, "sha256", "0" * 64), id="bytes"),
        pytest.param(lambda document: setattr(document, "parser_id", "one"), id="method"),
        pytest.param(lambda document: document.parser_config.update(chunk_token_num=99), id="config"),
        pytest.param(lambda document: document.parser_config.update(pages=[[1, 3]]), id="page range"),
        pytest.param(lambda document: setattr(document.kb, "language", "Chinese"), id="language"),
        pytest.param(lambda document: setattr(document.kb, "embd_id", "other@Builtin"), id="embedding model"),
        pytest.param(lambda document: setattr(document.kb, "pk", "f" * 32), id="dataset"),
    ],
)
def test_what_decides_the_chunks_changes_the_recipe(document, change):
    before = recipe(document)

    change(document)

    assert recipe(document) != before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda document: setattr(document, "name", "other.txt"), id="name"),
        pytest.param(lambda document: setattr(document, "meta_fields", {"a": "b"}), id="metadata"),
        pytest.param(lambda document: document.parser_config.update(raptor={"use_raptor": True}), id="raptor"),
        pytest.param(lambda document: document.parser_config.update(graphrag={"method": "light"}), id="graphrag"),
        pytest.param(
            lambda document: setattr(document, "parser_config", dict(reversed(document.parser_config.items()))),
            id="order of keys",
        ),
    ],
)
def test_what_does_not_decide_them_leaves_it(document, change):
    document.parser_config = {"delimiter": "\n", "chunk_token_num": 512}
    before = recipe(document)

    change(document)

    assert recipe(document) == before


def test_a_document_is_unchanged_only_while_it_is_done(document):
    document.published_recipe = recipe(document)

    assert {run: unchanged(document) for run in Run if not setattr(document, "run", run)} == {
        run: run == Run.DONE for run in Run
    }


def test_a_generation_whose_origin_is_not_known_counts_as_changed(document):
    document.run = Run.DONE

    assert not unchanged(document)
