"""The tags of a dataset's chunks (contract C.4)."""

import pytest

from knowledgebases.models import Chunk
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db

NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


@pytest.fixture
def other(owner, tag):
    """A second dataset of the owner, with a tag."""
    other = KnowledgebaseFactory(owner=owner)
    tag(other, "otter")
    return other


def fresh(chunk):
    return Chunk.objects.get(pk=chunk.pk)


def test_tags_are_counted_the_most_frequent_first(get, kb, tag):
    for tags in (["otter", "river"], ["otter"], ["bank", "bank"], []):
        tag(kb, *tags)

    counts = [["otter", 2], ["bank", 1], ["river", 1]]
    assert get(f"{kb.pk}/tags") == {"code": 0, "message": "success", "data": counts}


def test_tags_of_several_datasets_are_counted_together(get, kb, tag, other):
    tag(kb, "otter", "river")

    assert get("tags", kb_ids=f"{kb.pk},{other.pk}")["data"] == [["otter", 2], ["river", 1]]
    assert get("tags", kb_ids=other.pk)["data"] == [["otter", 1]]
    assert get(f"{other.pk}/tags")["data"] == [["otter", 1]]


def test_a_dataset_without_tags_has_none(get, kb):
    assert get(f"{kb.pk}/tags")["data"] == get("tags", kb_ids=kb.pk)["data"] == []


def test_tags_are_taken_from_every_chunk_with_their_weights(post, kb, tag, other):
    first, second = tag(kb, "a", "otter", "b", otter=2, a=1), tag(kb, "river", bank=3)

    assert post(f"{kb.pk}/rm_tags", tags=["otter", "bank", "unknown"])["data"] is True

    assert (fresh(first).tags, fresh(first).tag_weights) == (["a", "b"], {"a": 1})
    assert (fresh(second).tags, fresh(second).tag_weights) == (["river"], {})
    assert fresh(first).updated_at > first.updated_at
    assert Chunk.objects.get(kb=other).tags == ["otter"]


def test_no_tags_change_nothing(post, kb, tag):
    chunk = tag(kb, "a")

    assert post(f"{kb.pk}/rm_tags", tags=[]) == {"code": 0, "message": "success", "data": True}
    assert fresh(chunk).updated_at == chunk.updated_at


def test_a_tag_is_renamed_in_its_place(post, kb, tag, other):
    chunk = tag(kb, "a", "otter", "b", otter=2)

    assert post(f"{kb.pk}/rename_tag", from_tag="otter", to_tag=" lutra ")["data"] is True

    assert (fresh(chunk).tags, fresh(chunk).tag_weights) == (["a", "lutra", "b"], {"lutra": 2})
    assert Chunk.objects.get(kb=other).tags == ["otter"]


def test_a_tag_that_gets_the_name_of_another_becomes_one_with_it(post, kb, tag):
    chunk = tag(kb, "river", "otter", "lutra", otter=2, lutra=5)

    post(f"{kb.pk}/rename_tag", from_tag="otter", to_tag="lutra")

    assert (fresh(chunk).tags, fresh(chunk).tag_weights) == (["river", "lutra"], {"lutra": 5})


def test_renaming_an_unknown_tag_and_to_the_same_name_is_no_harm(post, kb, tag):
    chunk = tag(kb, "otter", otter=1)

    for old, new in (("unknown", "x"), ("otter", "otter")):
        assert post(f"{kb.pk}/rename_tag", from_tag=old, to_tag=new)["data"] is True
    assert (fresh(chunk).tags, fresh(chunk).tag_weights) == (["otter"], {"otter": 1})


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("rm_tags", {}, "required argument are missing: tags; "),
        ("rm_tags", {"tags": "a"}, "`tags` should be a list of texts."),
        ("rm_tags", {"tags": ["a", 1]}, "`tags` should be a list of texts."),
        ("rm_tags", {"tags": None}, "`tags` should be a list of texts."),
        ("rename_tag", {}, "required argument are missing: from_tag,to_tag; "),
        ("rename_tag", {"from_tag": "a"}, "required argument are missing: to_tag; "),
        ("rename_tag", {"from_tag": 1, "to_tag": "b"}, "`from_tag` should be a text."),
        ("rename_tag", {"from_tag": "a", "to_tag": " "}, "`to_tag` should be a text of 1 to 255 characters, not ' '."),
        ("rename_tag", {"from_tag": "a", "to_tag": 7}, "`to_tag` should be a text of 1 to 255 characters, not '7'."),
        (
            "rename_tag",
            {"from_tag": "a", "to_tag": "x" * 256},
            f"`to_tag` should be a text of 1 to 255 characters, not '{'x' * 64}'.",
        ),
    ],
)
def test_bad_bodies_are_told(post, kb, path, body, message):
    assert post(f"{kb.pk}/{path}", **body) == {"code": 101, "message": message, "data": None}


def test_members_read_tags_and_who_may_edit_the_dataset_changes_them(get, post, web_as, shared, teammate, admin, tag):
    chunk = tag(shared, "otter")
    rename = {"from_tag": "otter", "to_tag": "lutra"}

    assert get(f"{shared.pk}/tags", web_as(teammate))["data"] == [["otter", 1]]
    assert post(f"{shared.pk}/rename_tag", web_as(teammate), **rename) == NOAUTH
    assert post(f"{shared.pk}/rm_tags", web_as(teammate), tags=["otter"]) == NOAUTH
    assert fresh(chunk).tags == ["otter"]
    assert post(f"{shared.pk}/rename_tag", web_as(admin), **rename)["data"] is True


def test_one_dataset_out_of_reach_refuses_all(get, kb, foreign, tag):
    tag(kb, "otter")

    for kb_ids in (f"{kb.pk},{foreign.pk}", foreign.pk, f"{kb.pk},{'0' * 32}", ""):
        assert get("tags", kb_ids=kb_ids) == NOAUTH
    assert get("tags") == NOAUTH
