"""Tags: passages whose tags are those of the question come first (contract F.3)."""

import pytest

from knowledgebases.models import Chunk, Knowledgebase, Permission
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tag_set(owner, upload, publish):
    """A dataset whose passages tell what words are about."""
    kb = KnowledgebaseFactory(owner=owner, name="tags", permission=Permission.TEAM)
    publish(upload("tags.txt", to=kb), "Kelp and otters.", "Valves and pumps.")
    Chunk.objects.filter(kb=kb, content__contains="Kelp").update(tags=["sea"])
    Chunk.objects.filter(kb=kb, content__contains="Valves").update(tags=["plant"])
    return kb


@pytest.fixture
def tagged(kb, upload, publish):
    """Two passages that answer alike, one about the sea, one about a plant; their dataset names tag sets."""
    publish(upload("a.txt"), "Otters near the sea.", "Otters in the plant.")
    Chunk.objects.filter(content__contains="the sea").update(tag_weights={"sea": 2})
    Chunk.objects.filter(content__contains="plant").update(tag_weights={"plant": 1, "sea": 1})

    def tagged(*tag_sets):
        Knowledgebase.objects.filter(pk=kb.pk).update(parser_config={**kb.parser_config, "tag_kb_ids": [*tag_sets]})

    return tagged


@pytest.fixture
def gains(ask, kb, tagged):
    def gains(client=None, question="otters", dataset=kb):
        chunks = ask(client, dataset_ids=[dataset.pk], question=question, explain=True).json()["data"]["chunks"]
        return {hit["content"]: hit["explain"]["tags"] for hit in chunks}

    return gains


def test_tags_that_fit_add_ten_times_their_likeness(gains, tagged, tag_set):
    tagged(tag_set.pk)

    assert gains() == {"Otters near the sea.": pytest.approx(10), "Otters in the plant.": pytest.approx(10 / 2**0.5)}


def test_the_better_tagged_comes_first(hits, tagged, tag_set):
    tagged(tag_set.pk)

    assert hits("otters")[0] == "Otters near the sea."
    assert hits("otters and pumps") == ["Otters in the plant.", "Otters near the sea."]


def test_without_a_tag_set_or_a_fitting_tag_nothing_is_added(gains, tagged, tag_set):
    without = gains()
    tagged(tag_set.pk)

    assert set(without.values()) == set(gains(question="plant near").values()) == {0}


def test_tag_sets_out_of_the_callers_reach_tell_nothing(gains, tagged, tag_set, kb, api_as, owner, teammate):
    tagged(tag_set.pk)
    Knowledgebase.objects.filter(pk=kb.pk).update(permission=Permission.TEAM)
    allowed = gains(api_as(teammate))
    Knowledgebase.objects.filter(pk=tag_set.pk).update(permission=Permission.ME)

    assert max(allowed.values()) > 0
    assert set(gains(api_as(teammate)).values()) == {0}
    assert set(gains(api_as(owner, datasets=[kb.pk])).values()) == {0}


@pytest.mark.parametrize("named", [["x"], [1, None, {}], ["x"] * 5000], ids=["unknown", "no ids", "many"])
def test_tag_sets_that_are_none_are_no_crash(gains, tagged, named):
    tagged(*named)

    assert set(gains().values()) == {0}


def test_a_config_without_a_list_of_tag_sets_has_none(gains, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(parser_config={"tag_kb_ids": {"a": 1}, "topn_tags": "x"})

    assert set(gains().values()) == {0}
